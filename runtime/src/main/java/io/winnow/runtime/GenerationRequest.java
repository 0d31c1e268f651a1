package io.winnow.runtime;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Everything a generation needs.
 *
 * @param prompt the tokens
 * @param plan what happens to the visual tokens
 * @param sampling how tokens are drawn
 * @param maxTokens most tokens of the answer, at least 1, replayed ones included; prompt and answer
 *     together must fit the context
 * @param replay how far the generation had come on another runtime; empty: it is new
 * @param traceparent W3C trace context of the caller's span, for runtimes in other processes: what
 *     they record of the generation becomes part of that trace; empty: none
 */
public record GenerationRequest(
    Prompt prompt,
    PrefillPlan plan,
    Sampling sampling,
    int maxTokens,
    Optional<Replay> replay,
    Optional<String> traceparent) {

  public GenerationRequest {
    requireNonNull(prompt, "prompt is null");
    requireNonNull(plan, "plan is null");
    requireNonNull(sampling, "sampling is null");
    requireNonNull(traceparent, "traceparent is null");
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens is " + maxTokens + ", must be at least 1");
    }
    int replayed = replay.map(Replay::tokens).map(tokens -> tokens.size()).orElse(0);
    if (replayed > maxTokens) {
      throw new IllegalArgumentException(
          "the replay has " + replayed + " tokens, the answer at most " + maxTokens);
    }
  }

  /** A new generation that belongs to no trace. */
  public GenerationRequest(Prompt prompt, PrefillPlan plan, Sampling sampling, int maxTokens) {
    this(prompt, plan, sampling, maxTokens, Optional.empty(), Optional.empty());
  }

  /**
   * Most tokens that the answer can have in a context: {@link #maxTokens()}, or less where the
   * prompt leaves no room for them.
   *
   * @throws IllegalArgumentException if it leaves room for none
   */
  public int answerLimit(int contextLength) {
    long used = Math.max(prompt.length(), prompt.nextPosition());
    if (used >= contextLength) {
      throw new IllegalArgumentException(
          "the prompt takes %s positions, a context of %s leaves no room for an answer"
              .formatted(used, contextLength));
    }
    return (int) Math.min(contextLength - used, maxTokens);
  }

  /** The same request with another plan. */
  public GenerationRequest withPlan(PrefillPlan other) {
    return new GenerationRequest(prompt, other, sampling, maxTokens, replay, traceparent);
  }

  /** The same request, taken up where another runtime stopped. */
  public GenerationRequest withReplay(Replay done) {
    return new GenerationRequest(prompt, plan, sampling, maxTokens, Optional.of(done), traceparent);
  }

  /** The same request as part of a trace. */
  public GenerationRequest withTraceparent(String context) {
    return new GenerationRequest(prompt, plan, sampling, maxTokens, replay, Optional.of(context));
  }
}
