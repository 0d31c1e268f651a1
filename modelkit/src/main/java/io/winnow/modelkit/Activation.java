package io.winnow.modelkit;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Activations of towers and projectors, by the names of config.json. */
enum Activation {
  QUICK_GELU("quick_gelu"),
  GELU("gelu"),
  GELU_TANH("gelu_pytorch_tanh");

  private final String key;

  Activation(String key) {
    this.key = key;
  }

  static Activation read(JsonFields config, String key, Activation absent) {
    String name = config.text(key, absent.key);
    return Arrays.stream(values())
        .filter(activation -> activation.key.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                config.unsupported(
                    key,
                    Arrays.stream(values())
                        .map(activation -> activation.key)
                        .collect(Collectors.joining(", "))));
  }

  String apply(OnnxGraphBuilder g, String value) {
    return switch (this) {
      case QUICK_GELU -> g.contrib("QuickGelu", value).with("alpha", 1.702f).value();
      case GELU -> g.op("Gelu", value).value();
      case GELU_TANH -> g.op("Gelu", value).with("approximate", "tanh").value();
    };
  }
}
