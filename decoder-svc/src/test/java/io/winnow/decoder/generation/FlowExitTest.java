package io.winnow.decoder.generation;

import static io.winnow.decoder.generation.FlowFixture.ask;
import static io.winnow.decoder.generation.FlowFixture.picture;
import static io.winnow.decoder.generation.FlowFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ExitReport;
import io.winnow.decoder.chat.ExitReport.Effect;
import io.winnow.decoder.chat.ExitReport.GateVerdict;
import io.winnow.decoder.chat.ExitReport.Question;
import io.winnow.runtime.DecoderMacs;
import io.winnow.v1.DataType;
import io.winnow.v1.Observation;
import io.winnow.v1.Plan;
import io.winnow.v1.Ranking;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Questions on the way and what becomes of their verdicts: eight layers in segments of two, asked
 * after each but the last.
 */
class FlowExitTest {

  private static final Duration PATIENCE = FlowFixture.LIMITS.verdictTimeout();

  private final FlowFixture fixture = new FlowFixture();

  @Test
  void asksWithTheTextStatusAloneAndWaitsForEachVerdictOfABlockingPlan() {
    answer(asking(true));

    assertThat(fixture.pruner.last().begin.getWeightsSha256()).isEqualTo("ab12");
    List<Observation> observations = fixture.pruner.last().observations;
    assertThat(observations).extracting(Observation::getSegment).containsExactly(0, 1, 2);
    assertThat(observations.get(0).getVisualTokens()).isEqualTo(4);
    assertThat(observations.get(0).getTensorsList())
        .singleElement()
        .satisfies(
            status -> {
              assertThat(status.getName()).isEqualTo("text_status");
              assertThat(status.getTensor().getDataType()).isEqualTo(DataType.DATA_TYPE_FP16);
              assertThat(status.getTensor().getShapeList()).containsExactly(2L, 2L);
              assertThat(status.getTensor().getData().size()).isEqualTo(8);
            });
    assertThat(fixture.runtime.last().resumed).containsExactly("0 keep", "1 keep", "2 keep");
    assertThat(effects()).containsExactly(Effect.KEPT, Effect.KEPT, Effect.KEPT);
    assertThat(exit().layer()).isEmpty();
    assertThat(exit().late()).isZero();
  }

  @Test
  void sendsTheImportanceToWhoAsksForIt() {
    answer(asking(true).setObserveImportance(true));

    Observation first = fixture.pruner.last().observations.get(0);
    assertThat(first.getTensors(1).getName()).isEqualTo("importance");
    assertThat(first.getTensors(1).getTensor().getData().size()).isEqualTo(16);
  }

  @Test
  void anExitOfABlockingPlanTakesEffectWhereItWasDecidedAndEndsTheQuestions() {
    fixture.pruner.exitsAt.add(1);
    answer(asking(true));

    assertThat(fixture.pruner.last().observations).hasSize(2);
    assertThat(fixture.runtime.last().resumed).containsExactly("0 keep", "1 exit", "2 keep");
    assertThat(entered()).containsExactly(4, 4, 4, 4, 0, 0, 0, 0);
    assertThat(exit().layer()).hasValue(3);
    assertThat(exit().blocking()).isTrue();
    assertThat(effects()).containsExactly(Effect.KEPT, Effect.EXITED);
    Question decisive = exit().questions().get(1);
    assertThat(decisive.layer()).isEqualTo(3);
    assertThat(decisive.appliedLayer()).hasValue(3);
    GateVerdict verdict = decisive.verdict().orElseThrow();
    assertThat(verdict.margin()).isEqualTo(2.5f);
    assertThat(verdict.threshold()).isEqualTo(0.5f);
    assertThat(verdict.arrived()).isGreaterThanOrEqualTo(decisive.needed());
    assertThat(exit().late()).isZero();
    assertThat(exit().trouble()).isEmpty();
    assertThat(outcomeEntered()).containsExactly(4, 4, 4, 4, 0, 0, 0, 0);
    assertThat(fixture.listener.summary.usage().imageTokensKept()).isEqualTo(2);
    assertThat(fixture.listener.summary.reduction().flopsRatio()).isLessThan(0.8);
    assertThat(exit().flopsRatioWithout()).isEqualTo(1);
  }

  @Test
  void neverWaitsForAPrunerThatNeverAnswersUnlessThePlanSaysSo() {
    fixture.pruner.withholdsVerdicts = true;
    answer(asking(false)); // no time passes: whoever waited would still do so

    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(fixture.listener.ended()).isTrue();
    assertThat(fixture.runtime.last().resumed).isEmpty();
    assertThat(entered()).containsOnly(4);
    assertThat(exit().missing()).isEqualTo(3);
    assertThat(exit().trouble().orElseThrow()).contains("pruner-svc", "not answered");
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void appliesAVerdictThatComesWhileLaterSegmentsRunAndSaysHowLateItWas() {
    fixture.pruner.withholdsVerdicts = true;
    fixture.pruner.plan = asking(false).build();
    fixture.flow.answer(ask(picture(1), text("ab")).request(), fixture.listener).request(99);
    while (fixture.pruner.decisions.isEmpty() || fixture.pruner.last().observations.size() < 2) {
      assertThat(fixture.simulation.step(0)).isTrue();
    }
    fixture.pruner.last().say(0, true);
    fixture.simulation.settle();

    ExitReport exit = exit();
    int applied = exit.layer().orElseThrow();
    assertThat(applied).isGreaterThan(1);
    assertThat(entered()[applied]).isEqualTo(4);
    assertThat(entered()[applied + 1]).isZero();
    assertThat(exit.questions().get(0).effect()).isEqualTo(Effect.EXITED);
    assertThat(exit.questions().get(0).layer()).isEqualTo(1);
    assertThat(exit.late()).isEqualTo(1);
    assertThat(fixture.pruner.last().observations.size()).isLessThan(3); // none after the exit
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void anExitAfterThePrefillComesTooLate() {
    fixture.pruner.withholdsVerdicts = true;
    fixture.pruner.plan = asking(false).build();
    ActiveAnswer running = fixture.flow.answer(ask(picture(1)).request(), fixture.listener);
    running.request(1);
    fixture.simulation.settle(); // the first of three tokens is there
    fixture.pruner.last().say(0, false);
    fixture.pruner.last().say(1, true);
    fixture.simulation.settle();
    running.request(99);
    fixture.simulation.settle();

    assertThat(effects()).containsExactly(Effect.KEPT, Effect.LATE, Effect.MISSING);
    assertThat(exit().layer()).isEmpty();
    assertThat(exit().late()).isEqualTo(1);
    assertThat(exit().missing()).isEqualTo(1);
    assertThat(fixture.runtime.last().resumed).isEmpty();
  }

  @Test
  void aBlockingPrefillWaitsForAnOverduePrunerOnceOnly() {
    fixture.pruner.withholdsVerdicts = true;
    answer(asking(true));
    assertThat(fixture.runtime.last().resumed).isEmpty();
    fixture.simulation.advance(PATIENCE.minusNanos(1));
    assertThat(fixture.runtime.last().resumed).isEmpty();
    fixture.simulation.advance(Duration.ofNanos(1));
    assertThat(fixture.runtime.last().resumed).containsExactly("0 keep", "1 keep", "2 keep");

    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(entered()).containsOnly(4);
    assertThat(effects()).containsOnly(Effect.MISSING).hasSize(3);
    assertThat(fixture.allFreed()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void keepsWhereThePrunerIsLostOnTheWayAndSaysSo(boolean blocking) {
    fixture.pruner.failsAtObservation = Optional.of(ChatFailure.of(Reason.UNAVAILABLE, "gone"));
    answer(asking(blocking));

    assertThat(fixture.runtime.last().resumed)
        .isEqualTo(blocking ? List.of("0 keep", "1 keep", "2 keep") : List.of());
    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(entered()).containsOnly(4);
    assertThat(exit().missing()).isEqualTo(3);
    assertThat(exit().trouble()).contains("pruner-svc failed (gone)");
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void aRefusedObservationKeepsToo() {
    fixture.pruner.failsAtObservation =
        Optional.of(ChatFailure.of(Reason.INVALID_REQUEST, "text_status has 3 numbers"));
    answer(asking(true));

    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(exit().trouble().orElseThrow()).contains("text_status has 3 numbers");
  }

  @Test
  void asksNothingOnceThePlanItselfHasDroppedEverything() {
    answer(
        asking(true)
            .addAllKeep(List.of(4, 4, 4, 0, 0, 0, 0, 0))
            .setRanking(Ranking.RANKING_UNSPECIFIED));

    assertThat(fixture.pruner.last().observations).hasSize(1);
    assertThat(fixture.runtime.last().resumed).containsExactly("0 keep", "1 keep", "2 keep");
    assertThat(exit().layer()).isEmpty(); // it was the plan's doing
  }

  @Test
  void countsAnExitAgainstWhatThePlanWouldHaveKept() {
    fixture.pruner.exitsAt.add(0);
    answer(
        asking(true)
            .addAllKeep(List.of(3, 3, 2, 2, 0, 0, 0, 0))
            .setRanking(Ranking.RANKING_FITPRUNE));

    assertThat(entered()).containsExactly(4, 3, 0, 0, 0, 0, 0, 0);
    assertThat(exit().layer()).hasValue(1);
    assertThat(exit().flopsRatioWithout())
        .isEqualTo(macs(4, 3, 3, 2, 2, 0, 0, 0) / macs(4, 4, 4, 4, 4, 4, 4, 4));
    assertThat(fixture.listener.summary.reduction().flopsRatio())
        .isEqualTo(macs(4, 3, 0, 0, 0, 0, 0, 0) / macs(4, 4, 4, 4, 4, 4, 4, 4));
  }

  @Test
  void verdictsThatNobodyAskedForChangeNothing() {
    fixture.pruner.withholdsVerdicts = true;
    fixture.pruner.plan = asking(true).build();
    fixture.answer(ask(picture(1)).request());
    fixture.pruner.last().say(1, true);
    fixture.pruner.last().say(7, true);
    fixture.pruner.last().say(0, false);
    fixture.pruner.last().say(0, true); // a second answer
    fixture.simulation.advance(PATIENCE.multipliedBy(3));

    assertThat(entered()).containsOnly(4);
    assertThat(effects()).containsExactly(Effect.KEPT, Effect.MISSING, Effect.MISSING);
  }

  @Test
  void aPlanWithoutQuestionsHasNoExitReport() {
    fixture.answer(ask(picture(1)).request());

    assertThat(fixture.listener.summary.reduction().exit()).isEmpty();
  }

  @Test
  void aTextPromptIsAskedNothing() {
    fixture.pruner.plan = asking(true).build();
    fixture.answer(ask(text("ab")).request());

    assertThat(fixture.pruner.last().observations).isEmpty();
    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(exit().questions()).isEmpty();
  }

  private void answer(Plan.Builder plan) {
    fixture.pruner.plan = plan.build();
    fixture.answer(ask(picture(1), text("ab")).request());
  }

  private static Plan.Builder asking(boolean blocking) {
    return FakePruner.KEEP_ALL.toBuilder()
        .setMethod("dyvte")
        .addAllObserveSegments(List.of(0, 1, 2))
        .setBlocking(blocking);
  }

  /** Of a prefill that these visual tokens enter, layer by layer. */
  private double macs(int... visual) {
    int all = fixture.listener.summary.usage().promptTokens();
    int text = all - fixture.listener.summary.usage().imageTokens();
    return DecoderMacs.of(FlowFixture.manifest().getDecoder())
        .total(IntStream.of(visual).map(tokens -> text + tokens).toArray());
  }

  private ExitReport exit() {
    return fixture.listener.summary.reduction().exit().orElseThrow();
  }

  private List<Effect> effects() {
    return exit().questions().stream().map(Question::effect).toList();
  }

  private int[] entered() {
    return fixture.runtime.last().visualEntered();
  }

  private int[] outcomeEntered() {
    return fixture.pruner.last().outcome.getEnteredList().stream()
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
