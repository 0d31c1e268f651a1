package io.winnow.runtime;

/**
 * How tokens are drawn. Draws depend only on (seed, step), so the same request gives the same
 * tokens.
 *
 * @param temperature 0 is greedy
 * @param topP nucleus, in (0, 1]
 * @param topK only the k most probable tokens; 0 means all
 * @param seed of the counter-based generator
 * @param topLogprobs alternatives to report with each token, 0 to 20
 */
public record Sampling(double temperature, double topP, int topK, long seed, int topLogprobs) {

  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature is " + temperature + ", must be at least 0");
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("topP is " + topP + ", must be in (0, 1]");
    }
    if (topK < 0) {
      throw new IllegalArgumentException("topK is " + topK + ", must be at least 0");
    }
    if (topLogprobs < 0 || topLogprobs > 20) {
      throw new IllegalArgumentException("topLogprobs is " + topLogprobs + ", must be in 0..20");
    }
  }

  /** Always the most probable token. */
  public static Sampling greedy() {
    return new Sampling(0, 1, 0, 0, 0);
  }
}
