package io.winnow.decoder.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.runtime.metrics.Meters;

/** What one method did to the visual tokens of one model's answers. */
final class MethodMeters {

  private final Counter plansByPruner;
  private final Counter plansWithoutPruner;
  private final Counter tokensIn;
  private final Counter tokensFetched;
  private final Counter tokensKept;
  private final Counter flopsSpent;
  private final Counter flopsSaved;

  MethodMeters(Meters meters, Tags tags) {
    plansByPruner = plans(meters, tags.and("source", "pruner"));
    plansWithoutPruner = plans(meters, tags.and("source", "fallback"));
    tokensIn =
        meters.counter(
            "winnow.decoder.visual.tokens.in",
            "Visual tokens of the pictures that were asked about.",
            tags);
    tokensFetched =
        meters.counter(
            "winnow.decoder.visual.tokens.fetched", "Visual tokens that were fetched.", tags);
    tokensKept =
        meters.counter(
            "winnow.decoder.visual.tokens.kept",
            "Visual tokens that entered a layer, in the mean over all layers.",
            tags);
    flopsSpent = flops(meters, "spent", "Floating-point operations of decoder prefills.", tags);
    flopsSaved =
        flops(
            meters,
            "saved",
            "Floating-point operations that keeping every visual token would have cost more.",
            tags);
  }

  void planned(boolean byPruner) {
    (byPruner ? plansByPruner : plansWithoutPruner).increment();
  }

  /**
   * A prefill was run.
   *
   * @param macs multiply-accumulates, which are two operations each
   */
  void prefilled(double macs, double macsUnpruned) {
    flopsSpent.increment(2 * macs);
    flopsSaved.increment(Math.max(0, 2 * (macsUnpruned - macs)));
  }

  void finished(AnswerSummary.Usage usage, int fetched) {
    tokensIn.increment(usage.imageTokens());
    tokensFetched.increment(fetched);
    tokensKept.increment(usage.imageTokensKept());
  }

  private static Counter plans(Meters meters, Tags tags) {
    return meters.counter(
        "winnow.decoder.plans",
        "Plans followed, by the method in force and by whom; a fallback keeps everything since the"
            + " pruner failed or was late.",
        tags);
  }

  private static Counter flops(Meters meters, String which, String description, Tags tags) {
    return meters.counter("winnow.decoder.prefill.flops." + which, description, tags);
  }
}
