package io.winnow.runtime;

/**
 * What a gate of DyVTE says (arXiv 2411.19628): the visual tokens go iff {@code exit > keep}.
 *
 * @param keep logit of class 0
 * @param exit logit of class 1
 */
public record ExitLogits(float keep, float exit) {

  /** Exit logit minus keep logit: the logit of the probability of "exit". */
  public float margin() {
    return exit - keep;
  }
}
