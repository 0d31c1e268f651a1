package io.winnow.runtime.contract;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import java.util.List;

/** What the suites about decoders share. */
public abstract class DecoderContract {

  /** More credit than any answer of these suites needs. */
  static final int PLENTY = 10_000;

  /** Opens a decoder of this model; the test closes it. */
  protected abstract DecoderRuntime open(RepositoryModel model, Bounds bounds);

  static GenerationRequest greedy(Prompt prompt, int maxTokens) {
    return greedy(prompt, PrefillPlan.keepAll(), maxTokens);
  }

  static GenerationRequest greedy(Prompt prompt, PrefillPlan plan, int maxTokens) {
    return new GenerationRequest(prompt, plan, Sampling.greedy(), maxTokens);
  }

  /** A generation and what it reports. */
  record Started(Generation generation, RecordingListener listener) {

    /** All the credit it needs, and its answer. */
    List<Integer> answer() {
      generation.decode(PLENTY);
      return ids(listener.awaitAnswer());
    }
  }

  static Started start(DecoderRuntime runtime, GenerationRequest request) {
    RecordingListener listener = new RecordingListener();
    return new Started(runtime.start(request, listener), listener);
  }

  static List<Integer> ids(List<SampledToken> tokens) {
    return tokens.stream().map(SampledToken::id).toList();
  }
}
