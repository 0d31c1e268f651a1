package io.winnow.modelkit;

import java.util.ArrayList;
import java.util.List;

/**
 * Rotary position embedding, in numbers: a head's i-th pair turns by position x frequency i.
 *
 * @param frequencies radians per position, in fp32 as in the reference // [head dim / 2]
 * @param amplitude factor on the cosines and sines
 * @param positions how many positions it is made for
 */
record Rope(List<Float> frequencies, float amplitude, int positions) {

  private static final double DEFAULT_THETA = 10_000;

  Rope {
    frequencies = List.copyOf(frequencies);
  }

  /**
   * Reads the keys of a decoder. transformers 5 writes rope_parameters, earlier versions rope_theta
   * and rope_scaling.
   *
   * @param positions max_position_embeddings
   */
  static Rope read(JsonFields config, int headDim, int positions) {
    JsonFields rope =
        config.objectOrEmpty(config.has("rope_scaling") ? "rope_scaling" : "rope_parameters");
    if (rope.number("partial_rotary_factor", config.number("partial_rotary_factor", 1)) != 1) {
      throw rope.unsupported("partial_rotary_factor", "1");
    }
    double theta = rope.number("rope_theta", theta(config));
    double[] plain = new double[headDim / 2];
    for (int i = 0; i < plain.length; i++) {
      float exponent = 2f * i / headDim;
      plain[i] = 1f / (float) Math.pow(theta, exponent);
    }
    String key = rope.has("rope_type") ? "rope_type" : "type";
    return switch (rope.text(key, "default")) {
      // Dynamic scaling begins where the trained context ends, and there this context ends, too.
      case "default", "dynamic" -> of(plain, 1, positions);
      case "linear" -> linear(rope, plain, positions);
      case "llama3" -> llama3(rope, plain, original(config, rope, positions), positions);
      case "yarn" -> yarn(rope, plain, theta, original(config, rope, positions), positions);
      default -> throw rope.unsupported(key, "default, linear, dynamic, llama3, yarn");
    };
  }

  private static double theta(JsonFields config) {
    return config
        .objectOrEmpty("rope_parameters")
        .number("rope_theta", config.number("rope_theta", DEFAULT_THETA));
  }

  /** The context before it was stretched; a key outside of the scaling's wins. */
  private static int original(JsonFields config, JsonFields rope, int positions) {
    String key = "original_max_position_embeddings";
    return config.has(key) ? config.positive(key) : rope.positive(key, positions);
  }

  private static Rope linear(JsonFields rope, double[] plain, int positions) {
    double factor = rope.number("factor");
    double[] slower = new double[plain.length];
    for (int i = 0; i < plain.length; i++) {
      slower[i] = plain[i] / factor;
    }
    // max_position_embeddings of such models is the trained context.
    return of(slower, 1, stretched(positions, factor));
  }

  /** Llama 3.1: slow pairs are slowed down by the factor, fast ones not, those between a little. */
  private static Rope llama3(JsonFields rope, double[] plain, int original, int positions) {
    double factor = rope.number("factor");
    double low = rope.number("low_freq_factor");
    double high = rope.number("high_freq_factor");
    double[] result = new double[plain.length];
    for (int i = 0; i < plain.length; i++) {
      double turns = original * plain[i] / (2 * Math.PI); // over the original context
      double fast = (turns - low) / (high - low);
      double share = turns < low ? 0 : turns > high ? 1 : fast;
      result[i] = (1 - share) * plain[i] / factor + share * plain[i];
    }
    return of(result, 1, positions);
  }

  /** YaRN (arXiv 2309.00071), section 3.2, with the attention factor of section 3.4. */
  private static Rope yarn(
      JsonFields rope, double[] plain, double theta, int original, int positions) {
    double factor = rope.number("factor", (double) positions / original);
    int headDim = 2 * plain.length;
    double first = pairThatTurns(orDefault(rope, "beta_fast", 32), headDim, theta, original);
    double last = pairThatTurns(orDefault(rope, "beta_slow", 1), headDim, theta, original);
    if (rope.flag("truncate", true)) {
      first = Math.floor(first);
      last = Math.ceil(last);
    }
    first = Math.max(first, 0);
    last = Math.min(last, headDim - 1);
    double width = first == last ? 0.001 : last - first;
    double[] result = new double[plain.length];
    for (int i = 0; i < plain.length; i++) {
      double slowed = Math.min(Math.max((i - first) / width, 0), 1);
      result[i] = plain[i] / factor * slowed + plain[i] * (1 - slowed);
    }
    return of(
        result, attentionFactor(rope, factor), Math.max(positions, stretched(original, factor)));
  }

  /** The pair, as a fraction, that turns so often over the original context. */
  private static double pairThatTurns(double turns, int headDim, double theta, int original) {
    return headDim * Math.log(original / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  private static double attentionFactor(JsonFields rope, double factor) {
    double numerator = orDefault(rope, "mscale", 0);
    double denominator = orDefault(rope, "mscale_all_dim", 0);
    boolean both = numerator != 0 && denominator != 0;
    double absent =
        both ? mscale(factor, numerator) / mscale(factor, denominator) : mscale(factor, 1);
    return rope.number("attention_factor", absent);
  }

  private static double mscale(double factor, double weight) {
    return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
  }

  /** Zero counts as absent, as in the reference. */
  private static double orDefault(JsonFields rope, String key, double absent) {
    double value = rope.number(key, 0);
    return value == 0 ? absent : value;
  }

  private static int stretched(int positions, double factor) {
    return (int) Math.min(positions * factor, Integer.MAX_VALUE);
  }

  private static Rope of(double[] frequencies, double amplitude, int positions) {
    List<Float> rounded = new ArrayList<>();
    for (double frequency : frequencies) {
      rounded.add((float) frequency);
    }
    return new Rope(rounded, (float) amplitude, positions);
  }
}
