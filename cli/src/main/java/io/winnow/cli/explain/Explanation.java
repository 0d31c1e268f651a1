package io.winnow.cli.explain;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where the time to first token of a request went.
 *
 * @param trace the request
 * @param path what kept it from its first token
 * @param stages the path's time by stage, in nanoseconds; only stages that are on it
 */
public record Explanation(Trace trace, List<CriticalPath.Step> path, Map<Stage, Long> stages) {

  public static Explanation of(Trace trace) {
    List<CriticalPath.Step> path = CriticalPath.of(trace);
    Map<Stage, Long> stages = new EnumMap<>(Stage.class);
    for (CriticalPath.Step step : path) {
      stages.merge(Stage.of(step.span(), trace), step.nanos(), Long::sum);
    }
    return new Explanation(trace, path, stages);
  }

  /** The time to first token, or of the whole request where there was none. */
  public long nanos() {
    return trace.firstToken() - trace.root().begin();
  }

  /** A heading, a table by stage, and what to do about the largest. */
  public String table() {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT,
            "trace %s: %s, %.1f ms %s%n%n",
            trace.root().traceId(),
            trace.root().name(),
            nanos() / 1e6,
            trace.hasFirstToken() ? "to the first token" : "until it ended without a token"));
    for (Map.Entry<Stage, Long> entry : stages.entrySet()) {
      Stage stage = entry.getKey();
      table.append(
          String.format(
              Locale.ROOT,
              "  %-26s %-20s %8.1f ms %5.1f %%%n",
              stage.label(),
              stage.service(),
              entry.getValue() / 1e6,
              100.0 * entry.getValue() / Math.max(1, nanos())));
    }
    largest()
        .ifPresent(
            stage -> {
              long percent = Math.round(100.0 * stages.getOrDefault(stage, 0L) / nanos());
              table.append(String.format("%n  %s%n", stage.advice(percent)));
            });
    return table.toString();
  }

  private Optional<Stage> largest() {
    return nanos() == 0
        ? Optional.empty()
        : stages.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
  }
}
