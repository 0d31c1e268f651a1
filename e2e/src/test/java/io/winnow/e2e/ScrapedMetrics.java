package io.winnow.e2e;

import java.util.stream.Stream;

/** What a page of metrics says, in Prometheus' text format or OpenMetrics. */
public final class ScrapedMetrics {

  private ScrapedMetrics() {}

  /** Sum of the samples whose lines begin with one of these. */
  public static double sum(String page, String... beginnings) {
    return page.lines()
        .filter(line -> Stream.of(beginnings).anyMatch(line::startsWith))
        .mapToDouble(line -> Double.parseDouble(value(line)))
        .sum();
  }

  /** NAME{LABELS} VALUE, and in OpenMetrics perhaps an exemplar behind it. */
  private static String value(String line) {
    String rest = line.contains("}") ? line.substring(line.indexOf("} ") + 2) : line.split(" ")[1];
    return rest.split(" ")[0];
  }
}
