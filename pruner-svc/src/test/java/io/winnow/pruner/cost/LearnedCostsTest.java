package io.winnow.pruner.cost;

import static io.winnow.pruner.cost.Deployment.fitPruned;
import static io.winnow.pruner.cost.Deployment.unpruned;
import static io.winnow.pruner.cost.Deployment.withdrawn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.winnow.pruner.planning.PrefillForecast;
import io.winnow.pruner.planning.PrefillWork;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LearnedCostsTest {

  /** Attention costs twice and ranking five times what its MACs say, and there is a constant. */
  private static final Deployment MACHINE = new Deployment(4_000, 0.01, 0.02, 0.05);

  private final LearnedCosts costs = new LearnedCosts();
  private final Random random = new Random(20261125);

  @Test
  void recoversWhatTheMachineCosts() {
    learnMixed(MACHINE, 300, 0);

    assertPredicts(MACHINE, Percentage.withPercentage(5));
  }

  @Test
  void isNotMovedByPrefillsThatSomethingDisturbed() {
    learnMixed(MACHINE, 300, 5);

    assertPredicts(MACHINE, Percentage.withPercentage(6));
  }

  @Test
  void tellsTimesOnlyAfterEnoughPrefills() {
    assertThat(costs.forecast("m").fitted()).isFalse();
    learnMixed(MACHINE, 7, 0);
    assertThat(costs.forecast("m").fitted()).isFalse();
    assertThat(costs.forecast("m").measured()).isEqualTo(7);
    assertThat(costs.forecast("m").lack()).contains("only 7 of the 8");
    assertThat(costs.forecast("m").relativeCost(withdrawn(20, 576, 12), unpruned(20, 576)))
        .isCloseTo(withdrawn(20, 576, 12).total() / unpruned(20, 576).total(), within(1e-12));

    learnMixed(MACHINE, 1, 0);

    assertThat(costs.forecast("m").fitted()).isTrue();
    assertThat(costs.forecast("other").fitted()).isFalse();
  }

  /** Prefills of one size cannot tell prices apart; then MACs are the best there is. */
  @Test
  void countsMacsWhereItHasSeenOneKindOfPrefillOnly() {
    for (int i = 0; i < 100; i++) {
      costs.learn("m", MACHINE.measure(unpruned(20, 576), random));
    }

    PrefillForecast forecast = costs.forecast("m");
    assertThat(forecast.prefillMicros(unpruned(20, 576)))
        .isCloseTo(MACHINE.micros(unpruned(20, 576)), Percentage.withPercentage(2));
    assertThat(forecast.relativeCost(withdrawn(20, 576, 12), unpruned(20, 576)))
        .isCloseTo(withdrawn(20, 576, 12).total() / unpruned(20, 576).total(), within(0.05));
  }

  @Test
  void neverPricesWorkBelowNothing() {
    // Larger prefills that are faster than smaller ones: no price can explain that.
    for (int i = 0; i < 50; i++) {
      PrefillWork small = unpruned(20, 100 + i);
      PrefillWork large = unpruned(20, 2_000 + i);
      costs.learn("m", new Deployment(80_000, 0, 0, 0).measure(small, random));
      costs.learn("m", new Deployment(20_000, 0, 0, 0).measure(large, random));
    }

    assertThat(costs.forecast("m").prefillMicros(unpruned(1, 0))).isPositive();
    assertThat(costs.forecast("m").prefillMicros(unpruned(20, 3_000)))
        .isGreaterThanOrEqualTo(costs.forecast("m").prefillMicros(unpruned(20, 2_000)));
  }

  @Test
  void remembersUnprunedPrefillsHoweverManyArePruned() {
    learnMixed(MACHINE, 200, 0);
    for (int i = 0; i < 500; i++) {
      costs.learn("m", MACHINE.measure(withdrawn(20, 576, 12), random));
    }

    assertPredicts(MACHINE, Percentage.withPercentage(8));
  }

  @Test
  void followsAMachineThatGetsSlower() {
    learnMixed(MACHINE, 300, 0);
    Deployment slower = new Deployment(8_000, 0.02, 0.04, 0.1);
    learnMixed(slower, 600, 0);

    assertPredicts(slower, Percentage.withPercentage(10));
  }

  @Test
  void expectsTheFirstTokenAfterThePrefillAndTheUsualRest() {
    learnMixed(MACHINE, 200, 10);

    PrefillWork work = unpruned(20, 576);
    PrefillForecast forecast = costs.forecast("m");
    assertThat(forecast.firstTokenMicros(work) - forecast.prefillMicros(work))
        .isBetween(30_000.0, 32_000.0);
  }

  @Test
  void whatItHoldsIsBounded() {
    PrefillWindow window = new PrefillWindow();
    for (int i = 0; i < 10_000; i++) {
      window.add(MACHINE.measure(unpruned(1 + i, i), random));
      window.add(MACHINE.measure(fitPruned(1 + i, 4 + i), random));
    }
    assertThat(window.size()).isLessThanOrEqualTo(PrefillWindow.PER_KIND * PrefillWindow.MAX_KINDS);

    for (int model = 0; model <= LearnedCosts.MAX_MODELS; model++) {
      costs.learn("m" + model, MACHINE.measure(unpruned(20, 576), random));
    }
    assertThat(costs.forecast("m0").measured()).isZero();
    assertThat(costs.forecast("m1").measured()).isEqualTo(1);
  }

  private void learnMixed(Deployment machine, int count, int everyDisturbed) {
    for (int i = 0; i < count; i++) {
      int text = 10 + random.nextInt(150);
      int visual = 576 * (1 + random.nextInt(5));
      PrefillWork work =
          switch (random.nextInt(3)) {
            case 0 -> unpruned(text, visual);
            case 1 -> fitPruned(text, visual);
            default -> withdrawn(text, visual, 8 + random.nextInt(12));
          };
      costs.learn(
          "m",
          everyDisturbed > 0 && i % everyDisturbed == 0
              ? machine.disturbed(work, random)
              : machine.measure(work, random));
    }
  }

  private void assertPredicts(Deployment machine, Percentage tolerance) {
    PrefillForecast forecast = costs.forecast("m");
    for (PrefillWork work :
        new PrefillWork[] {
          unpruned(15, 576),
          unpruned(60, 2_880),
          fitPruned(40, 576),
          fitPruned(40, 2_880),
          withdrawn(30, 1_152, 10)
        }) {
      assertThat(forecast.prefillMicros(work)).isCloseTo(machine.micros(work), tolerance);
    }
  }
}
