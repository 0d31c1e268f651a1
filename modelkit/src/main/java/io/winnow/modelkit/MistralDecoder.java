package io.winnow.modelkit;

import java.util.Set;

/** Mistral 7B: Llama's layers, with grouped queries and, in its first version, a sliding window. */
final class MistralDecoder implements DecoderFamily {

  private static final DecoderShape.Defaults DEFAULTS =
      new DecoderShape.Defaults(4096, 14336, 32, 32, 8, 32000, 131_072);
  private static final int DEFAULT_WINDOW = 4096;

  @Override
  public String modelType() {
    return "mistral";
  }

  @Override
  public DecoderShape shape(JsonFields config) {
    return DecoderShape.read(config, DEFAULTS, Set.of(), window(config));
  }

  /** The configuration class has a window unless config.json says null. */
  private static int window(JsonFields config) {
    return config.node("sliding_window").isNull()
        ? DecoderShape.NO_WINDOW
        : config.positive("sliding_window", DEFAULT_WINDOW);
  }
}
