package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ExitReport;
import io.winnow.decoder.chat.ExitReport.Effect;
import io.winnow.decoder.chat.ExitReport.GateVerdict;
import io.winnow.decoder.chat.ExitReport.Question;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.runtime.SegmentEnd;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.SegmentManifest;
import io.winnow.v1.Verdict;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Asks the pruner at segment ends whether the visual tokens may go, and has its verdicts carried
 * out. The prefill runs on meanwhile; that of a blocking plan waits, for so long at most. A verdict
 * that does not come keeps the tokens. Lives in a mailbox.
 */
final class ExitDialogue {

  private final AnswerPlan plan;
  private final DecoderManifest decoder;
  private final Timeline timeline;
  private final Parties parties;
  private final Map<Integer, Asked> questions = new LinkedHashMap<>(); // by segment
  private @Nullable Asked exit; // whose verdict was the first to say so in time
  private @Nullable String trouble;

  /**
   * Between whom it goes.
   *
   * @param pruner is asked
   * @param generation carries verdicts out
   * @param mailbox in which all of this happens
   * @param patience how long a blocking prefill waits for each verdict
   */
  record Parties(
      PlanExchange pruner, AnswerGeneration generation, Executor mailbox, Duration patience) {}

  ExitDialogue(AnswerPlan plan, DecoderManifest decoder, Timeline timeline, Parties parties) {
    this.plan = plan;
    this.decoder = decoder;
    this.timeline = timeline;
    this.parties = parties;
  }

  /**
   * Asks, unless the answer is known: the visual tokens are gone, or about to go. A segment ends
   * again where a runtime was lost in the prefill and another one has begun anew.
   */
  void segmentEnded(SegmentEnd end) {
    Asked before = questions.get(end.segment());
    if (end.visualTokens() == 0 || exit != null) {
      if (exit != null && end.segment() >= exit.segment && end.visualTokens() > 0) {
        parties.generation().resume(end.segment(), true);
      } else {
        goOn(end.segment());
      }
      return;
    }
    if (before != null) {
      if (before.settled) {
        goOn(end.segment());
      }
      return;
    }
    Asked asked = new Asked(end.segment(), end.visualTokens(), timeline.sinceReceived());
    questions.put(end.segment(), asked);
    timeline
        .telemetry()
        .on(new AnswerEvent.Observed(timeline.now(), end.segment(), end.visualTokens()));
    Optional<String> nobody =
        parties.pruner().observe(DecideMessages.observation(end, plan.importance()));
    if (nobody.isPresent()) {
      lost(nobody.get());
    } else if (plan.blocking()) {
      await(asked);
    }
  }

  /** The pruner answers in order: behind a verdict that is overdue no other comes soon. */
  private void await(Asked asked) {
    boolean overdue =
        questions.values().stream().anyMatch(before -> before != asked && before.verdict.isEmpty());
    if (overdue) {
      keep(asked);
    } else {
      asked.patience = patience(asked.segment);
    }
  }

  void verdict(Verdict verdict) {
    Asked asked = questions.get(verdict.getSegment());
    if (asked == null || asked.verdict.isPresent()) {
      return; // not asked for: at worst, tokens stay
    }
    asked.verdict =
        Optional.of(
            new GateVerdict(
                timeline.sinceReceived(),
                verdict.getExit(),
                verdict.getMargin(),
                verdict.getThreshold()));
    if (asked.settled) {
      return;
    }
    asked.settle();
    if (timeline.isPrefilled()) {
      return;
    }
    decided(asked, verdict.getExit(), true);
    if (!verdict.getExit()) {
      asked.heeded = true;
      goOn(asked.segment);
    } else if (exit == null) {
      asked.heeded = true;
      exit = asked;
      parties.generation().resume(asked.segment, true);
    }
  }

  private Timers.Timer patience(int segment) {
    return timeline
        .timers()
        .after(parties.patience(), () -> parties.mailbox().execute(() -> patienceEnded(segment)));
  }

  private void patienceEnded(int segment) {
    Asked asked = questions.get(segment);
    if (asked != null && !asked.settled) {
      keep(asked);
    }
  }

  /** No further verdict comes. */
  void lost(String why) {
    trouble = why;
    for (Asked asked : questions.values()) {
      if (!asked.settled) {
        keep(asked);
      }
    }
  }

  /** There is no verdict, or not in time. */
  private void keep(Asked asked) {
    asked.settle();
    decided(asked, false, false);
    goOn(asked.segment);
  }

  private void decided(Asked asked, boolean leave, boolean byPruner) {
    timeline
        .telemetry()
        .on(new AnswerEvent.Decided(timeline.now(), asked.segment, leave, byPruner));
  }

  /** The answer has ended, in whichever way: drops what waits and tells what became of it all. */
  void stop() {
    questions.values().forEach(Asked::settle);
    OptionalInt applied = applied(timeline.visualEntered());
    questions.values().forEach(asked -> tell(told(asked, applied)));
  }

  /**
   * What became of the questions; empty if the plan asks none.
   *
   * @param visualEntered visual tokens that entered each layer // [layers]
   * @param flopsRatioWithout share of the MACs that the plan alone would have left
   */
  Optional<ExitReport> report(int[] visualEntered, double flopsRatioWithout) {
    if (plan.observedSegments().isEmpty()) {
      return Optional.empty();
    }
    OptionalInt applied = applied(visualEntered);
    boolean missing = questions.values().stream().anyMatch(asked -> asked.verdict.isEmpty());
    return Optional.of(
        new ExitReport(
            applied,
            plan.blocking(),
            questions.values().stream().map(asked -> told(asked, applied)).toList(),
            missing ? Optional.of(missing()) : Optional.empty(),
            flopsRatioWithout));
  }

  private void tell(Question question) {
    long needed = timeline.at(question.needed());
    long at = question.verdict().map(verdict -> timeline.at(verdict.arrived())).orElse(needed);
    timeline.telemetry().on(new AnswerEvent.VerdictSettled(at, needed, question));
  }

  private String missing() {
    return trouble == null ? "pruner-svc had not answered when the answer ended" : trouble;
  }

  private Question told(Asked asked, OptionalInt applied) {
    Effect effect = effect(asked, applied);
    return new Question(
        asked.segment,
        lastLayer(asked.segment),
        asked.visualTokens,
        asked.needed,
        asked.verdict,
        effect,
        effect == Effect.EXITED ? applied : OptionalInt.empty());
  }

  private Effect effect(Asked asked, OptionalInt applied) {
    if (asked.verdict.isEmpty()) {
      return Effect.MISSING;
    }
    if (!asked.verdict.get().exit()) {
      // Where nothing waited, nothing was lost: the tokens had stayed as the verdict wants it.
      return asked.heeded || !plan.blocking() ? Effect.KEPT : Effect.LATE;
    }
    if (asked == exit && !timeline.isPrefilled()) {
      return Effect.UNKNOWN;
    }
    if (asked == exit && applied.isPresent()) {
      return Effect.EXITED;
    }
    return exit != null && asked != exit && asked.segment > exit.segment
        ? Effect.MOOT
        : Effect.LATE;
  }

  /**
   * Where the exit was applied: the last layer with visual tokens, if the plan alone would have let
   * some into the next. Unknown as long as the prefill is not complete.
   */
  private OptionalInt applied(int[] visualEntered) {
    if (exit == null) {
      return OptionalInt.empty();
    }
    int[] planned = plan.entering(visualEntered.length); // [layers]
    return IntStream.range(1, visualEntered.length)
        .filter(layer -> visualEntered[layer] == 0 && planned[layer] > 0)
        .map(layer -> layer - 1)
        .findFirst();
  }

  private int lastLayer(int segment) {
    SegmentManifest ended = decoder.getSegments(segment);
    return ended.getFirstLayer() + ended.getLayerCount() - 1;
  }

  /** Only who waits needs to hear that nothing changes. */
  private void goOn(int segment) {
    if (plan.blocking()) {
      parties.generation().resume(segment, false);
    }
  }

  /** A question that was put. */
  private static final class Asked {

    private final int segment;
    private final int visualTokens;
    private final Duration needed;
    private Optional<GateVerdict> verdict = Optional.empty();
    private boolean heeded; // the verdict came in time to be
    private boolean settled; // nothing waits for the verdict any more
    private Timers.@Nullable Timer patience;

    Asked(int segment, int visualTokens, Duration needed) {
      this.segment = segment;
      this.visualTokens = visualTokens;
      this.needed = needed;
    }

    void settle() {
      settled = true;
      if (patience != null) {
        patience.cancel();
        patience = null;
      }
    }
  }
}
