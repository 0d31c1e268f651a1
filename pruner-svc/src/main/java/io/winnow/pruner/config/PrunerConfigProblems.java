package io.winnow.pruner.config;

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
    return problems;
  }

  private static void requirePositive(List<String> problems, String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      problems.add("winnow.pruner.%s is %s, must be above 0".formatted(name, value));
    }
  }
}
