package io.winnow.runtime.replicas;

import io.winnow.runtime.Generation;
import java.util.BitSet;
import java.util.Optional;

/** How much of what the caller has said one replica has heard. Not thread-safe. */
final class PassedOn {

  private final Progress progress;
  private final long drawnBefore; // tokens that others drew for this caller
  private final BitSet ends = new BitSet(); // segments whose end was reached here
  private final BitSet answered = new BitSet(); // those whose verdict was passed on
  private final BitSet exited = new BitSet(); // those among them that were exits
  private final int tokensBefore; // of the answer
  private long credit;

  /** Nothing yet. */
  PassedOn(Progress progress) {
    this.progress = progress;
    this.drawnBefore = progress.drawn();
    this.tokensBefore = progress.tokens();
  }

  /** Tokens of the answer that this replica says again to itself before it draws one. */
  int replayedTokens() {
    return tokensBefore;
  }

  /** The replica has reached the end of a segment: a verdict on it means something there now. */
  void reached(int segment) {
    ends.set(segment);
  }

  /** What is to be passed on, from now on taken for passed on. */
  News news() {
    BitSet verdicts = new BitSet();
    BitSet exits = new BitSet();
    ends.stream()
        .forEach(
            segment -> {
              Optional<Boolean> verdict = progress.verdict(segment);
              boolean exit = verdict.orElse(false);
              if (verdict.isPresent() && (!answered.get(segment) || exit != exited.get(segment))) {
                verdicts.set(segment);
                exits.set(segment, exit);
              }
            });
    answered.or(verdicts);
    exited.or(exits);
    int granted = (int) Math.min(Integer.MAX_VALUE, progress.granted() - drawnBefore - credit);
    credit += granted;
    return new News(verdicts, exits, granted);
  }

  /**
   * What the caller has said.
   *
   * @param verdicts segments whose end is answered
   * @param exits those among them with an exit
   * @param credit tokens granted
   */
  record News(BitSet verdicts, BitSet exits, int credit) {

    void tell(Generation generation) {
      verdicts.stream().forEach(segment -> generation.resume(segment, exits.get(segment)));
      if (credit > 0) {
        generation.decode(credit);
      }
    }
  }
}
