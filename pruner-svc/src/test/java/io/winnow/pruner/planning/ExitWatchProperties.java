package io.winnow.pruner.planning;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.ExitWatch.ExitVerdict;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for the verdicts of every generation. */
class ExitWatchProperties {

  private static final int WIDTH = 2;

  private final ExitQuestions questions =
      new ExitQuestions(
          new FakeGates(WIDTH, 1, 3, 5),
          new int[] {0, 1, 2},
          new int[] {1, 3, 5},
          new int[] {576, 300, 300},
          0.5f,
          false);

  /**
   * A wish, a decoder and what its gates say.
   *
   * @param margins by segment
   */
  record Run(int layers, List<Integer> ends, ExitWish wish, List<Float> margins) {}

  @Property(tries = 500, seed = "20261125")
  void theFirstMarginAboveTheThresholdDecidesAndNotBeforeTheMinimumLayer(@ForAll("runs") Run run) {
    Integer[] gated = run.ends.stream().map(end -> end - 1).toArray(Integer[]::new);
    PrunePlanner planner = PlanFixture.planner(new FakeGates(WIDTH, gated));
    PlanRequest request =
        PlanFixture.inSegments(
            PlanFixture.request(
                PlanFixture.wish("dyvte").withExit(run.wish),
                new DecoderDimensions(run.layers, 1, 1),
                3,
                576),
            run.ends.toArray(Integer[]::new));
    if (!(planner.plan(request) instanceof PlanDecision.Planned planned)) {
      assertThat(run.ends.stream().limit(run.ends.size() - 1L))
          .allMatch(end -> end - 1 < run.wish.firstLayer());
      return;
    }
    ExitQuestions asked = planned.plan().questions().orElseThrow();
    ExitWatch watch = asked.watch();
    boolean exited = false;
    for (int i = 0; i < asked.segments().length; i++) {
      int segment = asked.segments()[i];
      float margin = run.margins.get(segment);
      assertThat(watch.misfit(segment, 576, WIDTH)).isEmpty();
      ExitVerdict verdict = watch.decide(segment, new float[] {margin, 0});
      exited |= verdict.margin() > run.wish.margin();
      assertThat(verdict.exit()).isEqualTo(exited);
      assertThat(asked.layers()[i]).isBetween(run.wish.firstLayer(), run.layers - 2);
      assertThat(watch.misfit(segment, 576, WIDTH)).isPresent(); // once each
    }
  }

  @Provide
  Arbitrary<Run> runs() {
    return Arbitraries.integers()
        .between(2, 12)
        .flatMap(
            layers ->
                Combinators.combine(
                        Arbitraries.integers().between(1, layers - 1).set().ofMaxSize(6),
                        Arbitraries.doubles().between(0.01, 0.99),
                        Arbitraries.integers().between(0, layers - 2),
                        Arbitraries.floats().between(-5, 5).list().ofSize(7))
                    .as(
                        (inner, threshold, min, margins) -> {
                          List<Integer> ends = new ArrayList<>(inner.stream().sorted().toList());
                          ends.add(layers);
                          return new Run(
                              layers,
                              ends,
                              new ExitWish(
                                  OptionalDouble.of(threshold),
                                  OptionalInt.of(min),
                                  false,
                                  Optional.empty()),
                              margins);
                        }));
  }

  @Example
  void asksTheGateOfTheSegmentsLastLayer() {
    FakeGates gates = (FakeGates) questions.gates();
    ExitWatch watch = questions.watch();

    assertThat(watch.decide(1, new float[] {0.25f, 0}))
        .isEqualTo(new ExitVerdict(false, 0.25f, 0.5f));
    assertThat(watch.decide(2, new float[] {0.75f, 0}))
        .isEqualTo(new ExitVerdict(true, 0.75f, 0.5f));
    assertThat(gates.asked()).containsExactly(3, 5);
  }

  @Example
  void aTieKeeps() {
    assertThat(questions.watch().decide(0, new float[] {0.5f, 0}).exit()).isFalse();
  }

  @Example
  void observationsThatThePlanDoesNotAskForAreRefused() {
    ExitWatch watch = questions.watch();
    watch.decide(1, new float[WIDTH]);

    assertMisfit(watch.misfit(3, 300, WIDTH), "segment 3", "[0, 1, 2]");
    assertMisfit(watch.misfit(-1, 300, WIDTH), "segment -1");
    assertMisfit(watch.misfit(0, 576, WIDTH), "segment 0 was observed after segment 1");
    assertMisfit(watch.misfit(1, 300, WIDTH), "ascend");
    assertMisfit(watch.misfit(2, 301, WIDTH), "301", "1 to 300");
    assertMisfit(watch.misfit(2, 0, WIDTH), "nothing to ask");
    assertMisfit(watch.misfit(2, 300, WIDTH + 1), "text_status has 3", "take 2");
    assertThat(watch.misfit(2, 300, WIDTH)).isEmpty();
  }

  private static void assertMisfit(Optional<PrunerFailure> misfit, String... words) {
    assertThat(misfit.orElseThrow().reason()).isEqualTo(Reason.PROTOCOL_VIOLATION);
    assertThat(misfit.get().message()).contains(words);
  }
}
