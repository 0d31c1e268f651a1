package io.winnow.pruner.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.pruner.planning.DecoderDimensions;
import io.winnow.pruner.planning.PrefillMacs;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class FitPruneSearchTest {

  private static final Progress SILENT = (phase, done, total) -> {};

  @Property(tries = 60)
  void findsTheIntegersOfTheLockStep(
      @ForAll @IntRange(min = 2, max = 6) int layers,
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 40) Integer> sizes,
      @ForAll @DoubleRange(min = 0.02, max = 0.9) double saved,
      @ForAll long seed)
      throws InterruptedException {
    DecoderDimensions decoder = new DecoderDimensions(layers, 16, 44);
    FakeRuns runs = new FakeRuns(layers, sizes.stream().mapToInt(size -> size).toArray(), seed);

    Optional<FitPruneSearch.Found> found =
        new FitPruneSearch(runs, SILENT, runs.samples(), layers)
            .search(new Goal.VisualShare(new VisualWork(decoder), saved));

    Optional<LockStep.Result> expected = new LockStep(runs, decoder, saved).search();
    assertThat(found.map(FitPruneSearch.Found::alpha))
        .isEqualTo(expected.map(LockStep.Result::alpha));
    assertThat(found.map(best -> Arrays.stream(best.recipe()).boxed().toList()))
        .isEqualTo(expected.map(LockStep.Result::deleted));
  }

  @Property(tries = 60)
  void leavesNoMoreThanTheBudgetOfAllTokens(
      @ForAll @IntRange(min = 2, max = 6) int layers,
      @ForAll @Size(min = 1, max = 3) List<@IntRange(min = 8, max = 40) Integer> sizes,
      @ForAll @DoubleRange(min = 0.3, max = 0.98) double ratio,
      @ForAll long seed)
      throws InterruptedException {
    DecoderDimensions decoder = new DecoderDimensions(layers, 16, 44);
    PrefillMacs macs = new PrefillMacs(decoder);
    FakeRuns runs = new FakeRuns(layers, sizes.stream().mapToInt(size -> size).toArray(), seed);
    MeanPrompt prompt = MeanPrompt.of(runs.samples());

    Optional<FitPruneSearch.Found> found =
        new FitPruneSearch(runs, SILENT, runs.samples(), layers)
            .search(new Goal.AllTokens(macs, ratio, prompt));

    found.ifPresent(
        best -> {
          assertThat(prompt.remainingShare(macs, best.recipe())).isLessThanOrEqualTo(ratio);
          assertThat(Arrays.stream(best.recipe()).sum()).isLessThan(prompt.visualTokens() + 1);
          if (best.stop() > 0) {
            assertThat(prompt.remainingShare(macs, best.candidate().recipe(best.stop() - 1)))
                .as("a layer less would not do")
                .isGreaterThan(ratio);
          }
        });
  }
}
