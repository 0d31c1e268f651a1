package io.winnow.pruner.planning;

import io.winnow.pruner.planning.PictureTokens.Detail;
import io.winnow.pruner.planning.ReductionWish.Budget;
import io.winnow.pruner.planning.ReductionWish.KeepRatio;
import io.winnow.pruner.planning.ReductionWish.MaxTtftMillis;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Chooses among the model's recipes by what they are expected to cost and known to leave of its
 * accuracy. Without a budget the cheapest that is accurate enough, if it pays; with one the most
 * accurate within it. Otherwise keeps everything and says why.
 */
final class AutoChoice implements PruneMethod {

  private static final Comparator<AutoCandidate> CHEAPEST =
      Comparator.comparingDouble(AutoCandidate::relativeCost)
          .thenComparing(Comparator.comparingDouble(AutoCandidate::knownAccuracy).reversed());

  /** Of equals the cheaper; of those whose accuracy is not known, the one that prunes less. */
  private static final Comparator<AutoCandidate> MOST_ACCURATE =
      Comparator.comparingDouble(AutoCandidate::knownAccuracy)
          .reversed()
          .thenComparingDouble(
              candidate ->
                  candidate.recipe().relativeAccuracy().isPresent()
                      ? candidate.relativeCost()
                      : -candidate.recipe().flopsRatio());

  private final AutoSettings settings;

  AutoChoice(AutoSettings settings) {
    this.settings = settings;
  }

  @Override
  public String name() {
    return ReductionWish.AUTO;
  }

  @Override
  public boolean bindsItselfToBudgets() {
    return false;
  }

  @Override
  public PlanDecision plan(PlanRequest request, Knowledge knowledge) {
    return new PlanDecision.Planned(choose(request, knowledge));
  }

  private PrunePlan choose(PlanRequest request, Knowledge knowledge) {
    Detail detail = detail(request.pictures());
    Optional<Budget> asked = request.wish().budget();
    if (asked.isEmpty() && detail == Detail.HIGH) {
      return PrunePlan.everything("a picture is to be looked at in high detail");
    }
    Optional<Budget> budget =
        (asked.isEmpty() && detail == Detail.LOW
                ? Optional.<Budget>of(new KeepRatio(settings.lowDetailKeepRatio()))
                : asked)
            .filter(given -> !given.allowsEverything());
    AutoReasons reasons = new AutoReasons(request, knowledge, settings, budget);
    if (budget.isPresent() && budget.get() instanceof MaxTtftMillis ttft) {
      Optional<PrunePlan> settled = settledByTime(request, knowledge.forecast(), ttft, reasons);
      if (settled.isPresent()) {
        return settled.get();
      }
    }
    List<AutoCandidate> candidates = AutoCandidate.of(request, knowledge);
    if (candidates.isEmpty()) {
      return PrunePlan.everything(reasons.notCalibrated());
    }
    return budget.isPresent()
        ? within(budget.get(), request, candidates, reasons)
        : cheapest(candidates, reasons);
  }

  /** Where no recipe is needed, or no time can be told. */
  private static Optional<PrunePlan> settledByTime(
      PlanRequest request, PrefillForecast forecast, MaxTtftMillis ttft, AutoReasons reasons) {
    if (!forecast.fitted()) {
      return Optional.of(PrunePlan.everything(reasons.notPursued(forecast.lack())));
    }
    PrunePlan everything = PrunePlan.everything("");
    double millis = forecast.firstTokenMicros(AutoCandidate.workOf(request, everything)) / 1_000;
    return millis <= ttft.millis()
        ? Optional.of(everything.withReason(reasons.fastEnough(millis)))
        : Optional.empty();
  }

  private PrunePlan within(
      Budget budget, PlanRequest request, List<AutoCandidate> candidates, AutoReasons reasons) {
    Optional<AutoCandidate> best =
        candidates.stream()
            .filter(candidate -> candidate.isWithin(budget, request, reasons.forecast()))
            .min(MOST_ACCURATE);
    if (best.isEmpty()) {
      return PrunePlan.everything(reasons.noneWithin());
    }
    return best.get().relativeCost() < 1
        ? chosen(best.get(), reasons)
        : PrunePlan.everything(reasons.notPursued(reasons.noGain(best.get())));
  }

  private PrunePlan cheapest(List<AutoCandidate> candidates, AutoReasons reasons) {
    Optional<AutoCandidate> mostAccurate =
        candidates.stream()
            .filter(candidate -> candidate.recipe().relativeAccuracy().isPresent())
            .min(MOST_ACCURATE);
    if (mostAccurate.isEmpty()) {
      return PrunePlan.everything(reasons.accuracyUnknown());
    }
    Optional<AutoCandidate> best =
        candidates.stream()
            .filter(candidate -> candidate.knownAccuracy() >= settings.minAccuracy())
            .min(CHEAPEST);
    if (best.isEmpty()) {
      return PrunePlan.everything(reasons.notAccurate(mostAccurate.get()));
    }
    if (reasons.forecast().fitted() && !reasons.forecast().comparable()) {
      return PrunePlan.everything(reasons.comparing());
    }
    return reasons
        .doesNotPay(best.get())
        .map(PrunePlan::everything)
        .orElseGet(() -> chosen(best.get(), reasons));
  }

  private static PrunePlan chosen(AutoCandidate best, AutoReasons reasons) {
    return best.plan().withReason(reasons.chosen(best));
  }

  /** Of several pictures the most careful wish holds for all. */
  private static Detail detail(List<PictureTokens> pictures) {
    if (pictures.stream().anyMatch(picture -> picture.detail() == Detail.HIGH)) {
      return Detail.HIGH;
    }
    return pictures.stream().allMatch(picture -> picture.detail() == Detail.LOW)
        ? Detail.LOW
        : Detail.AUTO;
  }
}
