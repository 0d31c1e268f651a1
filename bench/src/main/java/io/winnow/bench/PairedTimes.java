package io.winnow.bench;

import io.winnow.cli.results.Quantiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Times of two ways to do the same thing, taken in interleaved pairs: on a noisy machine only their
 * differences within a pair mean something.
 */
final class PairedTimes {

  private final List<Double> first = new ArrayList<>();
  private final List<Double> second = new ArrayList<>();

  /** Adds one pair, in milliseconds. */
  void add(double firstMillis, double secondMillis) {
    first.add(firstMillis);
    second.add(secondMillis);
  }

  int size() {
    return first.size();
  }

  /** Quantile of the first way's times. */
  double firstQuantile(double q) {
    return quantile(first, q);
  }

  /** Quantile of the second way's times. */
  double secondQuantile(double q) {
    return quantile(second, q);
  }

  /** Quantile of (second - first) within pairs: 0.5 is the median of paired differences. */
  double differenceQuantile(double q) {
    List<Double> differences = new ArrayList<>();
    for (int i = 0; i < first.size(); i++) {
      differences.add(second.get(i) - first.get(i));
    }
    return quantile(differences, q);
  }

  /** Rows of a Markdown table: both ways and their difference at the usual quantiles. */
  String table(String firstName, String secondName) {
    return """
        | ms | p10 | median | p90 |
        |---|---|---|---|
        | %s | %s |
        | %s | %s |
        | **difference within a pair** | %s |
        """
        .formatted(
            firstName,
            cells(firstQuantile(0.1), firstQuantile(0.5), firstQuantile(0.9)),
            secondName,
            cells(secondQuantile(0.1), secondQuantile(0.5), secondQuantile(0.9)),
            cells(differenceQuantile(0.1), differenceQuantile(0.5), differenceQuantile(0.9)));
  }

  private static String cells(double low, double median, double high) {
    return String.format(Locale.ROOT, "%.2f | %.2f | %.2f", low, median, high);
  }

  private static double quantile(List<Double> values, double q) {
    if (values.isEmpty()) {
      throw new IllegalStateException("no times were taken");
    }
    return Quantiles.at(q, values.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
