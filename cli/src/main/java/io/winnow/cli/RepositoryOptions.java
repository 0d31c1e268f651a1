package io.winnow.cli;

import io.winnow.modelkit.Precision;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options by which a command finds the models that it has served. */
final class RepositoryOptions {

  @Option(
      names = "--models",
      paramLabel = "REPO",
      description = "Model repository. Default: the bundled model.")
  private @Nullable Path models;

  @Option(
      names = "--recipes",
      paramLabel = "FOLDER",
      description = {
        "Recipes of the pruning methods. Default: demo-model/recipes, or with --models",
        "the folder recipes beside the repository."
      })
  private @Nullable Path recipes;

  @Option(
      names = "--weights",
      paramLabel = "PRECISION",
      description = "Precision of the bundled model: fp32, fp16, int8 or int4 (default: fp32).")
  private @Nullable String weights;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec mixee;

  /** Refuses what cannot be served, as wrong usage. */
  void check() {
    Precision precision = precision();
    if (weights != null && models != null) {
      throw wrong("--weights is for the bundled model; a repository's are those of its export");
    }
    if (precision == Precision.BF16) {
      throw wrong("bf16 weights need CUDA and these services run on the CPU: use int8 or fp32");
    }
  }

  /** The repository that was asked for, if one was. */
  Optional<Path> named(Checkout checkout) {
    if (weights != null) {
      return Optional.of(checkout.bundledRepository(precision()));
    }
    return Optional.ofNullable(models);
  }

  /** Whether the bundled model is meant, at whichever precision. */
  boolean areBundled() {
    return models == null;
  }

  /** The repository to serve; the bundled model is exported when that is due. */
  Path repository(Checkout checkout, PrintWriter progress) throws CommandFailure {
    return models != null
        ? checkout.models(models, progress)
        : checkout.bundledModels(precision(), progress);
  }

  /** Folder of the recipes to follow. */
  Path recipes(Checkout checkout) {
    return checkout.recipes(recipes, models);
  }

  private Precision precision() {
    try {
      return weights == null ? Precision.FP32 : Precision.named(weights);
    } catch (IllegalArgumentException e) {
      throw wrong("--" + e.getMessage());
    }
  }

  private ParameterException wrong(String message) {
    return Usage.wrong(mixee, message);
  }
}
