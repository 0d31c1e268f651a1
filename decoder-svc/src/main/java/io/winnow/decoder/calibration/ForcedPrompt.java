package io.winnow.decoder.calibration;

import io.winnow.runtime.Prompt;
import java.util.Arrays;
import java.util.List;

/** A prompt that goes on with given tokens of its answer. */
final class ForcedPrompt {

  private ForcedPrompt() {}

  static Prompt of(Prompt prompt, List<Integer> tokens) {
    int length = prompt.length();
    int whole = length + tokens.size();
    long[] ids = Arrays.copyOf(prompt.tokenIds(), whole);
    long[] spans = Arrays.copyOf(prompt.spans(), whole);
    long[] positions = Arrays.copyOf(prompt.positions(), whole);
    for (int index = 0; index < tokens.size(); index++) {
      ids[length + index] = tokens.get(index);
      spans[length + index] = -1;
      positions[length + index] = prompt.nextPosition() + index;
    }
    return new Prompt(
        ids, spans, positions, prompt.visualTokens(), prompt.nextPosition() + tokens.size());
  }
}
