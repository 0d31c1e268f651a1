package io.winnow.pruner.planning;

import io.winnow.pruner.planning.ReductionWish.Budget;
import io.winnow.pruner.planning.ReductionWish.FlopsRatio;
import io.winnow.pruner.planning.ReductionWish.KeepRatio;
import io.winnow.pruner.planning.ReductionWish.MaxTtftMillis;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** Measures ways to prune one request in the unit of a budget. */
record BudgetGauge(PlanRequest request, PrefillForecast forecast, Budget budget) {

  /** Whether a prefill that these visual tokens enter is within the budget // [layers] */
  boolean admits(int[] entering, Ranking ranking) {
    return measure(entering, ranking) <= limit();
  }

  /**
   * The refusal of a method that cannot get below this.
   *
   * @param what the method and its setting, for example {@code "fastv" before layer 2}
   * @param entering visual tokens that enter each layer at its least // [layers]
   */
  PlanDecision impossible(String what, int[] entering) {
    return new PlanDecision.Refused(
        PrunerFailure.of(
            PrunerFailure.Reason.IMPOSSIBLE_BUDGET,
            "%s cannot meet %s for this prompt; the least it can do is %s"
                .formatted(what, budget.asText(), asText(measure(entering, Ranking.NONE))),
            param()));
  }

  String param() {
    return "visual_token_reduction." + budget.field();
  }

  /**
   * The largest number that fits, where a smaller one fits if a larger does.
   *
   * @return empty if not even {@code low} fits
   */
  static OptionalInt largest(int low, int high, IntPredicate fits) {
    if (high < low || !fits.test(low)) {
      return OptionalInt.empty();
    }
    int fitting = low;
    int above = high + 1;
    while (above - fitting > 1) {
      int middle = (fitting + above) >>> 1;
      if (fits.test(middle)) {
        fitting = middle;
      } else {
        above = middle;
      }
    }
    return OptionalInt.of(fitting);
  }

  /** Mean share of the visual tokens that enter a layer // [layers] */
  static double keptShare(int[] entering, int visualTokens) {
    long sum = Arrays.stream(entering).asLongStream().sum();
    return sum / ((double) entering.length * visualTokens);
  }

  private double measure(int[] entering, Ranking ranking) {
    if (budget instanceof FlopsRatio) {
      return request.macs().remainingShare(request.textTokens(), request.visualTokens(), entering);
    } else if (budget instanceof KeepRatio) {
      return keptShare(entering, request.visualTokens());
    }
    return forecast.firstTokenMicros(
            PrefillWork.of(request.decoder(), request.textTokens(), entering, ranking))
        / 1_000;
  }

  private double limit() {
    if (budget instanceof FlopsRatio flops) {
      return flops.ratio();
    } else if (budget instanceof KeepRatio kept) {
      return kept.ratio();
    } else if (budget instanceof MaxTtftMillis ttft) {
      return ttft.millis();
    }
    throw new IllegalStateException("a budget of " + budget.getClass());
  }

  /** Rounded up, so that asking for what a message says succeeds. */
  private String asText(double value) {
    return "%s %s".formatted(budget.field(), Math.ceil(value * 10_000) / 10_000);
  }
}
