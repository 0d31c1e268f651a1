package io.winnow.runtime;

import java.util.List;
import java.util.OptionalInt;

/**
 * How far a generation had come on a runtime that was lost, once its prefill was complete, so that
 * another runtime takes it up where it stopped.
 *
 * <p>The other runtime runs the prefill of the prompt again, with the plan's keep counts and the
 * exit that was taken. It neither reports the segment ends that the plan observes nor waits at
 * them: they were answered before. Then it decodes {@link #tokens} as if it had drawn them, without
 * sampling, credit or {@link GenerationListener#onToken}. The next token is drawn, as always
 * against credit, with the step {@code tokens.size()}: a draw depends on the seed and the step
 * alone, so the sampler goes on where it was. {@link GenerationListener#onPrefillStarted} and
 * {@link GenerationListener#onPrefilled} come as always. Tokens that end the answer already (the
 * last one ends the sequence, or there are as many as the answer may have) end the generation with
 * that cause, and no event for a token.
 *
 * <p>A generation that is lost before its prefill is complete needs none of this: it starts anew.
 *
 * @param exitBefore first segment that ran without visual tokens because of {@link
 *     Generation#resume}, at least 1; empty: there was no exit
 * @param tokens ids of the answer's tokens so far, in order; may be empty
 */
public record Replay(OptionalInt exitBefore, List<Integer> tokens) {

  public Replay {
    tokens = List.copyOf(tokens);
    if (exitBefore.isPresent() && exitBefore.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "exitBefore is " + exitBefore.getAsInt() + ", must be at least 1");
    }
  }
}
