package io.winnow.modelkit;

import java.util.List;

/** Finds out under which of several names a checkpoint keeps something. */
final class TensorNames {

  private TensorNames() {}

  /** The first prefix under which the tensor exists. */
  static String prefix(Safetensors tensors, String name, List<String> prefixes) {
    String found = first(tensors, prefixes.stream().map(prefix -> prefix + name).toList());
    return found.substring(0, found.length() - name.length());
  }

  /** The first name that exists. */
  static String first(Safetensors tensors, List<String> names) {
    return names.stream()
        .filter(tensors::has)
        .findFirst()
        .orElseThrow(
            () ->
                new ExportException("the checkpoint has no tensor " + String.join(" or ", names)));
  }
}
