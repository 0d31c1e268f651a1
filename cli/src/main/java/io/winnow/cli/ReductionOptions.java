package io.winnow.cli;

import io.winnow.cli.chat.ExitWish;
import io.winnow.cli.chat.ReductionWish;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options by which a command chooses what happens to the visual tokens. */
final class ReductionOptions {

  @Option(
      names = {"--prune", "--method"},
      paramLabel = "METHOD",
      description = "Pruning method: auto, none, fitprune, vtw, dyvte, fastv, visionzip, random.")
  private @Nullable String method;

  @Option(
      names = "--flops",
      paramLabel = "RATIO",
      description = "Budget: share of the decoder prefill's operations that remains, up to 1.")
  private @Nullable Double flops;

  @Option(
      names = "--keep",
      paramLabel = "RATIO",
      description = "Budget: share of the visual tokens that is kept, up to 1.")
  private @Nullable Double keep;

  @Option(
      names = "--ttft",
      paramLabel = "MS",
      description = "Budget: longest time to the first token, in milliseconds.")
  private @Nullable Double ttft;

  @Option(
      names = "--layer",
      paramLabel = "K",
      description = "Layer before which vtw withdraws, or fastv and random drop.")
  private @Nullable Integer layer;

  @Option(names = "--seed", paramLabel = "N", description = "Seed of method random.")
  private @Nullable Long seed;

  @Option(
      names = "--exit-threshold",
      paramLabel = "P",
      description = "dyvte: probability above which the picture may go, 0 to 1 (default: 0.5).")
  private @Nullable Double exitThreshold;

  @Option(
      names = "--min-layer",
      paramLabel = "N",
      description = "dyvte: first layer after which the picture may go, from 0 (default: 0).")
  private @Nullable Integer minLayer;

  @Option(
      names = "--blocking",
      description = "dyvte: wait for every verdict instead of running on meanwhile.")
  private boolean blocking;

  @Option(
      names = "--with",
      paramLabel = "METHOD",
      description = "dyvte: what prunes before the exit, fitprune or fastv.")
  private @Nullable String with;

  ReductionWish wish(boolean report) {
    return new ReductionWish(
        Optional.ofNullable(method),
        optional(flops),
        optional(keep),
        optional(ttft),
        layer == null ? OptionalInt.empty() : OptionalInt.of(layer),
        seed == null ? OptionalLong.empty() : OptionalLong.of(seed),
        new ExitWish(
            optional(exitThreshold),
            minLayer == null ? OptionalInt.empty() : OptionalInt.of(minLayer),
            blocking,
            Optional.ofNullable(with)),
        report);
  }

  private static OptionalDouble optional(@Nullable Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
