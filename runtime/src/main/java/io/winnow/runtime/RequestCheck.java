package io.winnow.runtime;

import io.winnow.v1.DecoderManifest;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Refuses requests whose parts do not fit each other or the model: for runtimes. Thread-safe. */
public final class RequestCheck {

  private final DecoderManifest manifest;

  /** Checks against a decoder of this shape. */
  public RequestCheck(DecoderManifest manifest) {
    this.manifest = manifest;
  }

  /**
   * Checks a request.
   *
   * @return the token limit of its answer, clipped to the context
   * @throws IllegalArgumentException if it cannot be run
   */
  public int maxTokens(GenerationRequest request) {
    checkPrompt(request.prompt());
    checkPlan(request.plan(), request.prompt());
    request.replay().ifPresent(this::checkReplay);
    return request.answerLimit(manifest.getContextLength());
  }

  /**
   * Checks a prompt that nothing is generated for.
   *
   * @throws IllegalArgumentException if it cannot be run
   */
  public void promptAlone(Prompt prompt) {
    checkPrompt(prompt);
    require(
        prompt.length() <= manifest.getContextLength(),
        "the prompt has %s tokens, the context %s",
        prompt.length(),
        manifest.getContextLength());
  }

  private void checkPrompt(Prompt prompt) {
    for (int row = 0; row < prompt.length(); row++) {
      long id = prompt.tokenIds()[row];
      // A picture's token may have been added to a tokenizer behind the model's vocabulary.
      boolean visual = prompt.spans()[row] >= 0;
      require(
          id >= 0 && (visual || id < manifest.getVocabularySize()),
          "token id %s is not in the vocabulary of %s",
          id,
          manifest.getVocabularySize());
    }
    long previous = -1;
    for (long position : prompt.positions()) {
      require(position > previous, "position %s does not follow %s", position, previous);
      previous = position;
    }
    require(
        prompt.nextPosition() > previous,
        "nextPosition %s does not follow %s",
        prompt.nextPosition(),
        previous);
    for (long span : prompt.spans()) {
      require(span >= -1 && span < prompt.length(), "span %s is no picture", span);
    }
    require(prompt.visualTokens().isDirect(), "visualTokens is not a direct buffer");
    require(
        prompt.visualTokens().order() == ByteOrder.nativeOrder(),
        "visualTokens is not in native byte order");
    long expected = (long) prompt.visualRows() * manifest.getHiddenSize();
    require(
        prompt.visualTokens().remaining() == expected,
        "visualTokens holds %s numbers, the prompt needs %s",
        prompt.visualTokens().remaining(),
        expected);
  }

  private void checkPlan(PrefillPlan plan, Prompt prompt) {
    plan.keep().ifPresent(keep -> checkKeep(keep, prompt.pictures()));
    int scores = plan.ranking() == PrefillPlan.Ranking.GIVEN ? prompt.visualRows() : 0;
    require(
        plan.scores().length == scores,
        "the plan has %s scores, ranking %s needs %s",
        plan.scores().length,
        plan.ranking(),
        scores);
    for (int segment : plan.observedSegments()) {
      require(
          segment >= 0 && segment < manifest.getSegmentsCount(),
          "segment %s is not one of %s",
          segment,
          manifest.getSegmentsCount());
    }
  }

  private void checkReplay(Replay replay) {
    for (int id : replay.tokens()) {
      require(
          id >= 0 && id < manifest.getVocabularySize(),
          "replayed token id %s is not in the vocabulary of %s",
          id,
          manifest.getVocabularySize());
    }
    require(
        replay.exitBefore().isEmpty()
            || replay.exitBefore().getAsInt() < manifest.getSegmentsCount(),
        "exitBefore %s is not one of %s segments",
        replay.exitBefore(),
        manifest.getSegmentsCount());
  }

  private void checkKeep(long[][] keep, int pictures) {
    require(
        keep.length == manifest.getLayers(),
        "keep names %s layers of %s",
        keep.length,
        manifest.getLayers());
    long[] previous = new long[pictures];
    Arrays.fill(previous, Long.MAX_VALUE);
    for (long[] quota : keep) {
      require(quota.length == pictures, "keep names %s pictures of %s", quota.length, pictures);
      for (int picture = 0; picture < pictures; picture++) {
        require(
            quota[picture] >= 0 && quota[picture] <= previous[picture],
            "keep %s must not be negative or grow with depth",
            quota[picture]);
        previous[picture] = quota[picture];
      }
    }
  }

  private static void require(boolean condition, String message, Object... values) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(message, values));
    }
  }
}
