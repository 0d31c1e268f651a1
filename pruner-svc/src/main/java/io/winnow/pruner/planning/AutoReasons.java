package io.winnow.pruner.planning;

import io.winnow.pruner.planning.ReductionWish.Budget;
import java.util.Locale;
import java.util.Optional;

/** Why {@code auto} does what it does, in words for the caller. */
record AutoReasons(
    PlanRequest request, Knowledge knowledge, AutoSettings settings, Optional<Budget> budget) {

  PrefillForecast forecast() {
    return knowledge.forecast();
  }

  String notCalibrated() {
    return pursuing("no pruning method is calibrated for model \"%s\"".formatted(request.model()));
  }

  String notPursued(String why) {
    return pursuing(why);
  }

  String fastEnough(double millis) {
    return text("the first token is expected after %.1f ms with every visual token", millis);
  }

  String noneWithin() {
    return pursuing("no recipe for model \"%s\" is within it".formatted(request.model()));
  }

  String accuracyUnknown() {
    return "the accuracy of no recipe for model \"%s\" is known; ./winnow evaluate measures it"
        .formatted(request.model());
  }

  String notAccurate(AutoCandidate best) {
    return text(
        "no recipe for model \"%s\" is known to leave %s of the accuracy; the best, %s, leaves %.3f",
        request.model(), settings.minAccuracy(), best.recipe().name(), best.knownAccuracy());
  }

  String comparing() {
    return "now and then a prefill keeps every visual token, to know what pruning saves";
  }

  /** Why the best choice is not worth it; empty if it is. */
  Optional<Why> doesNotPay(AutoCandidate best) {
    double saving = 1 - best.relativeCost();
    double savedMillis = forecast().fitted() ? fullMillis() * saving : Double.POSITIVE_INFINITY;
    if (saving >= settings.minSaving() && savedMillis >= settings.minSavedMillis()) {
      return Optional.empty();
    }
    double withoutAny = forecast().relativeCost(textOnly(), full());
    if (1 - withoutAny < settings.minSaving()) {
      return Optional.of(
          why(
              ReasonCode.FEW_VISUAL_TOKENS,
              "the prompt has few visual tokens: without any of the %d the prefill would still"
                  + " take %.0f %%",
              request.visualTokens(),
              100 * withoutAny));
    }
    if (saving >= settings.minSaving()) {
      return Optional.of(
          why(
              ReasonCode.SHORT_PROMPT,
              "the prompt is short: %s would save %.2f of %.2f ms",
              best.recipe().name(),
              savedMillis,
              fullMillis()));
    }
    if (1 - best.plan().flopsRatio() >= settings.minSaving()) {
      return Optional.of(new Why(ReasonCode.NO_GAIN, noGain(best)));
    }
    return Optional.of(
        why(
            ReasonCode.SMALL_SAVING,
            "%s, the cheapest recipe that is accurate enough, would save only %.0f %% of the prefill",
            best.recipe().name(),
            100 * saving));
  }

  String noGain(AutoCandidate candidate) {
    return text(
        "dropping tokens costs about what it saves: %s needs %.0f %% of the MACs and, with its"
            + " ranking, %.0f %% of the %s",
        candidate.recipe().name(),
        100 * candidate.plan().flopsRatio(),
        100 * candidate.relativeCost(),
        forecast().fitted() ? "time" : "work");
  }

  String chosen(AutoCandidate best) {
    String accuracy =
        best.recipe().relativeAccuracy().isPresent()
            ? text("leaves %.3f of the accuracy", best.knownAccuracy())
            : "of unknown accuracy";
    String cost =
        forecast().fitted()
            ? text(
                "the prefill is expected to take %.1f ms instead of %.1f",
                forecast().prefillMicros(best.work()) / 1_000, fullMillis())
            : text(
                "needs %.0f %% of the MACs; times are not known, %s",
                100 * best.plan().flopsRatio(), forecast().lack());
    String within = budget.map(given -> ", within " + given.asText()).orElse("");
    return "recipe %s, %s%s: %s".formatted(best.recipe().name(), accuracy, within, cost);
  }

  private String pursuing(String why) {
    return budget.map(given -> why + ", so " + given.asText() + " is not pursued").orElse(why);
  }

  private double fullMillis() {
    return forecast().prefillMicros(full()) / 1_000;
  }

  private PrefillWork full() {
    return AutoCandidate.workOf(request, PrunePlan.everything(""));
  }

  private PrefillWork textOnly() {
    int[] none = new int[request.decoder().layers()];
    return PrefillWork.of(request.decoder(), request.textTokens(), none, Ranking.NONE);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static Why why(ReasonCode code, String format, Object... values) {
    return new Why(code, text(format, values));
  }

  /** A reason, for counting and for the caller. */
  record Why(ReasonCode code, String text) {}
}
