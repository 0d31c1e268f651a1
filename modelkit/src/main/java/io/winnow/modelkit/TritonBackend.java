package io.winnow.modelkit;

import java.util.Arrays;
import java.util.Locale;

/** What runs the graphs that keep no state (vision tower, gates) in Triton. */
public enum TritonBackend {
  /** Triton's own ONNX Runtime backend. */
  ONNXRUNTIME,
  /** A few lines of Python around ONNX Runtime, for servers without that backend. */
  PYTHON;

  /** The name on the command line and in config.pbtxt. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The backend of a label.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static TritonBackend named(String label) {
    return Arrays.stream(values())
        .filter(backend -> backend.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Triton backend is \"" + label + "\", must be onnxruntime or python"));
  }
}
