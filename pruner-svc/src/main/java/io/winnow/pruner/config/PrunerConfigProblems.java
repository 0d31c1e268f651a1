package io.winnow.pruner.config;

import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with settings, all at once. */
public final class PrunerConfigProblems {

  private PrunerConfigProblems() {}

  /** One sentence for each setting that is out of range; empty where all are right. */
  public static List<String> of(PrunerConfig config) {
    List<String> problems = new ArrayList<>();
    if (config.maxStreams() < 1) {
      problems.add(
          "winnow.pruner.max-streams is %d, must be at least 1".formatted(config.maxStreams()));
    }
    requirePositive(problems, "idle-timeout", config.idleTimeout());
    requirePositive(problems, "drain-timeout", config.drainTimeout());
    requirePositive(problems, "recipes.reload", config.recipes().reload());
    config
        .recipes()
        .folder()
        .filter(folder -> Files.exists(folder) && !Files.isDirectory(folder))
        .ifPresent(
            folder ->
                problems.add("winnow.pruner.recipes.folder is %s, no folder".formatted(folder)));
    if (config.calibration().maxStreams() < 0) {
      problems.add(
          "winnow.pruner.calibration.max-streams is %d, must be at least 0"
              .formatted(config.calibration().maxStreams()));
    }
    requireAuto(problems, config.auto());
    requireGates(problems, config.gates());
    return problems;
  }

  private static void requireAuto(List<String> problems, PrunerConfig.Auto auto) {
    if (!(auto.minAccuracy() >= 0 && auto.minAccuracy() <= 1)) {
      problems.add(
          "winnow.pruner.auto.min-accuracy is %s, must be 0 to 1".formatted(auto.minAccuracy()));
    }
    if (!(auto.minSaving() >= 0 && auto.minSaving() < 1)) {
      problems.add(
          "winnow.pruner.auto.min-saving is %s, must be at least 0 and below 1"
              .formatted(auto.minSaving()));
    }
    if (auto.minSavedTime().isNegative()) {
      problems.add(
          "winnow.pruner.auto.min-saved-time is %s, must not be negative"
              .formatted(auto.minSavedTime()));
    }
    if (!(auto.lowDetailKeepRatio() > 0 && auto.lowDetailKeepRatio() <= 1)) {
      problems.add(
          "winnow.pruner.auto.low-detail-keep-ratio is %s, must be above 0 and at most 1"
              .formatted(auto.lowDetailKeepRatio()));
    }
  }

  private static void requireGates(List<String> problems, PrunerConfig.Gates gates) {
    gates
        .repository()
        .filter(folder -> !Files.isDirectory(folder))
        .ifPresent(
            folder ->
                problems.add("winnow.pruner.gates.repository is %s, no folder".formatted(folder)));
    if (gates.threads() < 1) {
      problems.add(
          "winnow.pruner.gates.threads is %d, must be at least 1".formatted(gates.threads()));
    }
  }

  private static void requirePositive(List<String> problems, String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      problems.add("winnow.pruner.%s is %s, must be above 0".formatted(name, value));
    }
  }
}
