package io.winnow.pruner.planning;

import io.winnow.pruner.planning.PictureTokens.Detail;
import io.winnow.pruner.planning.PlanDecision.Planned;
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
    return choose(request, knowledge);
  }

  private Planned choose(PlanRequest request, Knowledge knowledge) {
    Detail detail = detail(request.pictures());
    Optional<Budget> asked = request.wish().budget();
    if (asked.isEmpty() && detail == Detail.HIGH) {
      return Planned.everything(
          ReasonCode.HIGH_DETAIL, "a picture is to be looked at in high detail");
    }
    Optional<Budget> budget =
        (asked.isEmpty() && detail == Detail.LOW
                ? Optional.<Budget>of(new KeepRatio(settings.lowDetailKeepRatio()))
                : asked)
            .filter(given -> !given.allowsEverything());
    AutoReasons reasons = new AutoReasons(request, knowledge, settings, budget);
    if (budget.isPresent() && budget.get() instanceof MaxTtftMillis ttft) {
      Optional<Planned> settled = settledByTime(request, knowledge.forecast(), ttft, reasons);
      if (settled.isPresent()) {
        return settled.get();
      }
    }
    List<AutoCandidate> candidates = AutoCandidate.of(request, knowledge);
    if (candidates.isEmpty()) {
      return Planned.everything(ReasonCode.NOT_CALIBRATED, reasons.notCalibrated());
    }
    return budget.isPresent()
        ? within(budget.get(), request, candidates, reasons)
        : cheapest(candidates, reasons);
  }

  /** Where no recipe is needed, or no time can be told. */
  private static Optional<Planned> settledByTime(
      PlanRequest request, PrefillForecast forecast, MaxTtftMillis ttft, AutoReasons reasons) {
    if (!forecast.fitted()) {
      return Optional.of(
          Planned.everything(ReasonCode.COST_UNKNOWN, reasons.notPursued(forecast.lack())));
    }
    PrunePlan everything = PrunePlan.everything("");
    double millis = forecast.firstTokenMicros(AutoCandidate.workOf(request, everything)) / 1_000;
    return millis <= ttft.millis()
        ? Optional.of(Planned.everything(ReasonCode.FAST_ENOUGH, reasons.fastEnough(millis)))
        : Optional.empty();
  }

  private Planned within(
      Budget budget, PlanRequest request, List<AutoCandidate> candidates, AutoReasons reasons) {
    Optional<AutoCandidate> best =
        candidates.stream()
            .filter(candidate -> candidate.isWithin(budget, request, reasons.forecast()))
            .min(MOST_ACCURATE);
    if (best.isEmpty()) {
      return Planned.everything(ReasonCode.NONE_WITHIN_BUDGET, reasons.noneWithin());
    }
    return best.get().relativeCost() < 1
        ? chosen(best.get(), reasons)
        : Planned.everything(ReasonCode.NO_GAIN, reasons.notPursued(reasons.noGain(best.get())));
  }

  private Planned cheapest(List<AutoCandidate> candidates, AutoReasons reasons) {
    Optional<AutoCandidate> mostAccurate =
        candidates.stream()
            .filter(candidate -> candidate.recipe().relativeAccuracy().isPresent())
            .min(MOST_ACCURATE);
    if (mostAccurate.isEmpty()) {
      return Planned.everything(ReasonCode.ACCURACY_UNKNOWN, reasons.accuracyUnknown());
    }
    Optional<AutoCandidate> best =
        candidates.stream()
            .filter(candidate -> candidate.knownAccuracy() >= settings.minAccuracy())
            .min(CHEAPEST);
    if (best.isEmpty()) {
      return Planned.everything(ReasonCode.NOT_ACCURATE, reasons.notAccurate(mostAccurate.get()));
    }
    if (reasons.forecast().fitted() && !reasons.forecast().comparable()) {
      return Planned.everything(ReasonCode.COMPARING, reasons.comparing());
    }
    return reasons
        .doesNotPay(best.get())
        .map(why -> Planned.everything(why.code(), why.text()))
        .orElseGet(() -> chosen(best.get(), reasons));
  }

  private static Planned chosen(AutoCandidate best, AutoReasons reasons) {
    return new Planned(best.plan().withReason(reasons.chosen(best)), ReasonCode.CHOSEN);
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
