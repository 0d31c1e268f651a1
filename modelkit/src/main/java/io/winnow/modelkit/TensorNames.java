package io.winnow.modelkit;

import java.util.Arrays;

/** Finds out under which of several names a checkpoint keeps something. */
final class TensorNames {

  private TensorNames() {}

  /** The first prefix under which the tensor exists. */
  static String prefix(Safetensors tensors, String name, String... prefixes) {
    String[] names = Arrays.stream(prefixes).map(prefix -> prefix + name).toArray(String[]::new);
    String found = first(tensors, names);
    return found.substring(0, found.length() - name.length());
  }

  /** The first name that exists. */
  static String first(Safetensors tensors, String... names) {
    return Arrays.stream(names)
        .filter(tensors::has)
        .findFirst()
        .orElseThrow(
            () ->
                new ExportException("the checkpoint has no tensor " + String.join(" or ", names)));
  }
}
