package io.winnow.decoder.chat;

import io.winnow.decoder.chat.ExitReport.Effect;
import io.winnow.decoder.chat.ExitReport.GateVerdict;
import io.winnow.decoder.chat.ExitReport.Question;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reports for tests of the edges; every number differs. */
public final class ExitReports {

  private ExitReports() {}

  /** Three questions: the second verdict takes effect a segment late, the third never comes. */
  public static ExitReport keptThenExitedLateThenMissing() {
    return new ExitReport(
        OptionalInt.of(5),
        false,
        List.of(
            question(0, 20_000, Optional.of(verdict(26_500, false, -2)), Effect.KEPT),
            question(1, 30_000, Optional.of(verdict(41_500, true, 1.5f)), Effect.EXITED),
            question(2, 40_000, Optional.empty(), Effect.MISSING)),
        Optional.of("gone"),
        0.875);
  }

  private static Question question(
      int segment, long neededMicros, Optional<GateVerdict> verdict, Effect effect) {
    return new Question(
        segment,
        2 * segment + 1,
        12,
        Duration.ofNanos(neededMicros * 1_000),
        verdict,
        effect,
        effect == Effect.EXITED ? OptionalInt.of(5) : OptionalInt.empty());
  }

  private static GateVerdict verdict(long arrivedMicros, boolean exit, float margin) {
    return new GateVerdict(Duration.ofNanos(arrivedMicros * 1_000), exit, margin, 0.25f);
  }
}
