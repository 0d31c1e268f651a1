package io.winnow.runtime.contract;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.PrefillPlan.Ranking;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.RecordingListener.Prefilled;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/** What the suites about decoders share. */
public abstract class DecoderContract {

  /** More credit than any answer of these suites needs. */
  static final int PLENTY = 10_000;

  static final int LAYERS = 8;

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
      return ids(sampled());
    }

    /** The answer's tokens with their probabilities. */
    List<SampledToken> sampled() {
      generation.decode(PLENTY);
      return listener.awaitAnswer();
    }

    /** What its prefill came to; once the test has waited past it. */
    PrefillSummary summary() {
      return listener.seen().stream()
          .filter(Prefilled.class::isInstance)
          .map(event -> ((Prefilled) event).summary())
          .findFirst()
          .orElseThrow();
    }
  }

  static Started start(DecoderRuntime runtime, GenerationRequest request) {
    RecordingListener listener = new RecordingListener();
    return new Started(runtime.start(request, listener), listener);
  }

  /** The plan of a golden. */
  static PrefillPlan keeping(JsonNode golden, Set<Integer> observed) {
    JsonNode given = golden.get("scores");
    float[] scores = new float[given.size()]; // [visual tokens], none if they are null
    for (int token = 0; token < scores.length; token++) {
      scores[token] = given.get(token).floatValue();
    }
    return new PrefillPlan(
        Optional.of(perPicture(DemoModel.longs(golden.get("keep")))),
        Ranking.valueOf(golden.get("ranking").asText().toUpperCase(Locale.ROOT)),
        scores,
        observed,
        false);
  }

  /** Everything is kept, unless what is heard at these segments' ends takes it out. */
  static PrefillPlan observing(Set<Integer> segments, boolean blocking) {
    return new PrefillPlan(Optional.empty(), Ranking.FITPRUNE, new float[0], segments, blocking);
  }

  /** All visual tokens are in every layer up to this one, which none enters. */
  static PrefillPlan withdrawnBefore(int layer) {
    long[] keep = new long[LAYERS];
    Arrays.fill(keep, 0, layer - 1, DemoModel.VISUAL_TOKENS);
    return new PrefillPlan(
        Optional.of(perPicture(keep)), Ranking.FITPRUNE, new float[0], Set.of(), false);
  }

  /** Visual tokens that enter each layer if they are withdrawn before one. // [layers] */
  static int[] withdrawnFrom(int layer) {
    int[] visual = new int[LAYERS];
    Arrays.fill(visual, 0, layer, DemoModel.VISUAL_TOKENS);
    return visual;
  }

  /** One number for each layer as those of the only picture. // [layers][1] */
  static long[][] perPicture(long[] keep) {
    return LongStream.of(keep).mapToObj(count -> new long[] {count}).toArray(long[][]::new);
  }

  static List<Integer> ids(List<SampledToken> tokens) {
    return tokens.stream().map(SampledToken::id).toList();
  }
}
