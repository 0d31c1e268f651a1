package io.winnow.runtime;

import static java.util.Objects.requireNonNull;

/**
 * Everything a generation needs.
 *
 * @param prompt the tokens
 * @param plan what happens to the visual tokens
 * @param sampling how tokens are drawn
 * @param maxTokens most tokens to generate, at least 1; prompt and answer together must fit the
 *     context
 */
public record GenerationRequest(Prompt prompt, PrefillPlan plan, Sampling sampling, int maxTokens) {

  public GenerationRequest {
    requireNonNull(prompt, "prompt is null");
    requireNonNull(plan, "plan is null");
    requireNonNull(sampling, "sampling is null");
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens is " + maxTokens + ", must be at least 1");
    }
  }
}
