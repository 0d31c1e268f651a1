package io.winnow.cli.curves;

import io.winnow.cli.chat.ExitWish;
import io.winnow.cli.chat.ReductionWish;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One point of the grid.
 *
 * @param curve the line that it belongs to, for example "fastv, layer 2"
 * @param label what is set, for example "10 % kept"
 * @param wish what the services are asked for
 * @param recipe name of the recipe that it follows, if it is one
 */
record Setting(String curve, String label, ReductionWish wish, Optional<String> recipe) {

  static final String NONE = "none";
  static final String VTW = "vtw";
  static final String FITPRUNE = "fitprune";
  static final String DYVTE = "dyvte";

  /** DyVTE whose prefill does not wait for verdicts. */
  static final String RUNNING_ON = "dyvte, running on";

  static final String WITH_FITPRUNE = "dyvte, with fitprune";
  static final String WITH_FASTV = "dyvte, with fastv";
  private static final String FASTV = "fastv";

  static Setting none() {
    return new Setting(NONE, "every token", wish(NONE), Optional.empty());
  }

  /** FitPrune by the recipe whose budget this is. */
  static Setting fitPrune(String recipe, double flopsRatio) {
    ReductionWish wish =
        new ReductionWish(
            Optional.of(FITPRUNE),
            OptionalDouble.of(flopsRatio),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalInt.empty(),
            OptionalLong.empty(),
            false);
    return new Setting(FITPRUNE, "recipe " + recipe, wish, Optional.of(recipe));
  }

  /** Every visual token withdrawn before a layer. */
  static Setting vtw(int layer) {
    return new Setting(
        VTW,
        "before layer " + layer,
        wish(VTW, OptionalDouble.empty(), OptionalInt.of(layer)),
        Optional.empty());
  }

  /**
   * Every visual token withdrawn once a gate says so.
   *
   * @param threshold probability of "exit" above which it does
   * @param blocking whether the prefill waits for each verdict
   */
  static Setting dyvte(double threshold, boolean blocking) {
    ExitWish exit =
        new ExitWish(OptionalDouble.of(threshold), OptionalInt.empty(), blocking, Optional.empty());
    return new Setting(
        blocking ? DYVTE : RUNNING_ON,
        "exit above " + threshold,
        dyvte(OptionalDouble.empty(), exit),
        Optional.empty());
  }

  /** DyVTE behind FitPrune by the recipe whose budget this is (section 3.5); the prefill waits. */
  static Setting dyvteWithFitPrune(String recipe, double flopsRatio, double threshold) {
    ExitWish exit =
        new ExitWish(
            OptionalDouble.of(threshold), OptionalInt.empty(), true, Optional.of(FITPRUNE));
    // Not the recipe's own accuracy, so it names none.
    return new Setting(
        WITH_FITPRUNE,
        "%s, exit above %s".formatted(recipe, threshold),
        dyvte(OptionalDouble.of(flopsRatio), exit),
        Optional.empty());
  }

  /** DyVTE behind FastV, which keeps a share of the visual tokens from a layer on. */
  static Setting dyvteWithFastV(int layer, int layers, double kept, double threshold) {
    ExitWish exit =
        new ExitWish(OptionalDouble.of(threshold), OptionalInt.empty(), true, Optional.of(FASTV));
    return new Setting(
        WITH_FASTV,
        "layer %d, %s, exit above %s".formatted(layer, percent(kept), threshold),
        new ReductionWish(
            Optional.of(DYVTE),
            OptionalDouble.empty(),
            OptionalDouble.of(meanKept(layer, layers, kept)),
            OptionalDouble.empty(),
            OptionalInt.of(layer),
            OptionalLong.empty(),
            exit,
            false),
        Optional.empty());
  }

  /** Whether each question decides how much is pruned. */
  boolean dependsOnQuestion() {
    return wish.method().equals(Optional.of(DYVTE));
  }

  /** The curve of what prunes before the exit, by itself. */
  Optional<String> partnerCurve() {
    return wish.exit()
        .with()
        .map(with -> with.equals(FASTV) ? drop(FASTV, wish.layer().orElseThrow()) : with);
  }

  private static ReductionWish dyvte(OptionalDouble flopsRatio, ExitWish exit) {
    return new ReductionWish(
        Optional.of(DYVTE),
        flopsRatio,
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalLong.empty(),
        exit,
        false);
  }

  /** A share of the visual tokens kept from a layer on. */
  static Setting drop(String method, int layer, int layers, double kept) {
    return new Setting(
        drop(method, layer),
        percent(kept),
        wish(method, OptionalDouble.of(meanKept(layer, layers, kept)), OptionalInt.of(layer)),
        Optional.empty());
  }

  private static String drop(String method, int layer) {
    return method + ", layer " + layer;
  }

  /** The services count what enters a layer, as the mean over all layers. */
  private static double meanKept(int layer, int layers, double kept) {
    return (layer + (layers - layer) * kept) / layers;
  }

  /** A share of the visual tokens picked before the decoder. */
  static Setting select(String method, double kept) {
    return new Setting(
        method,
        percent(kept),
        wish(method, OptionalDouble.of(kept), OptionalInt.empty()),
        Optional.empty());
  }

  private static String percent(double kept) {
    return Math.round(kept * 100) + " % kept";
  }

  private static ReductionWish wish(String method) {
    return wish(method, OptionalDouble.empty(), OptionalInt.empty());
  }

  private static ReductionWish wish(String method, OptionalDouble keep, OptionalInt layer) {
    return new ReductionWish(
        Optional.of(method),
        OptionalDouble.empty(),
        keep,
        OptionalDouble.empty(),
        layer,
        OptionalLong.empty(),
        false);
  }
}
