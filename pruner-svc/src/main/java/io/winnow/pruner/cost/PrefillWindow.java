package io.winnow.pruner.cost;

import io.winnow.pruner.planning.PrefillCosts.MeasuredPrefill;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The prefills that a fit rests on: the last of every kind. Kinds are half octaves of work, pruned
 * by ranking, otherwise, or not at all. One plain window would forget what rarely comes, say
 * unpruned prefills once everything is pruned, and the fit would lose what it needs to compare. Not
 * safe for concurrent use.
 *
 * <p>Outliers are told from their own kind, where prefills take alike: against all prefills
 * together, the few of a rare kind would be outliers themselves.
 */
final class PrefillWindow {

  static final int PER_KIND = 32;
  static final int MAX_KINDS = 24;

  private static final double HALF_LIFE = 512; // prefills of any kind
  private static final int TELLING = 4; // below, a kind cannot tell which are outliers
  private static final double SPARSE = 0.05; // and its prefills count so much
  private static final double TUKEY = 4.685;
  private static final double NORMAL_MEDIAN = 1.4826; // standard deviations in a median deviation
  private static final double LEAST_SPREAD = 0.02; // timers and schedulers are no better

  private final Map<Kind, Ring> rings =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Kind, Ring> eldest) {
          return size() > MAX_KINDS;
        }
      };

  private long learned;

  void add(MeasuredPrefill measured) {
    rings.computeIfAbsent(Kind.of(measured), kind -> new Ring()).add(measured, learned);
    learned++;
  }

  /** How many were ever added. */
  long learned() {
    return learned;
  }

  int size() {
    return rings.values().stream().mapToInt(ring -> ring.entries.size()).sum();
  }

  /** What is held: the older the lighter, outliers lightest. */
  List<WeightedPrefill> samples() {
    List<WeightedPrefill> samples = new ArrayList<>();
    for (Ring ring : rings.values()) {
      Spread spread = Spread.of(ring.entries);
      double telling = ring.entries.size() < TELLING ? SPARSE : 1;
      for (Entry entry : ring.entries) {
        double weight = telling * freshness(entry) * spread.trust(entry.measured.rate());
        samples.add(new WeightedPrefill(entry.measured, weight));
      }
    }
    return samples;
  }

  private double freshness(Entry entry) {
    return Math.pow(0.5, (learned - 1 - entry.number) / HALF_LIFE);
  }

  /** A prefill and how much it counts, in [0, 1]. */
  record WeightedPrefill(MeasuredPrefill measured, double weight) {}

  private record Kind(boolean ranked, boolean unpruned, long halfOctave) {

    static Kind of(MeasuredPrefill measured) {
      double octaves = Math.log(measured.work().total()) / Math.log(2);
      return new Kind(
          measured.work().ranking() > 0, measured.unpruned(), (long) Math.floor(octaves * 2));
    }
  }

  private record Entry(MeasuredPrefill measured, long number) {}

  /** Where the rates of a kind lie: median and robust standard deviation. */
  private record Spread(double middle, double width) {

    static Spread of(List<Entry> entries) {
      double[] rates = entries.stream().mapToDouble(entry -> entry.measured.rate()).toArray();
      double middle = RecentMedian.of(rates.clone());
      for (int i = 0; i < rates.length; i++) {
        rates[i] = Math.abs(rates[i] - middle);
      }
      double width = NORMAL_MEDIAN * RecentMedian.of(rates);
      return new Spread(middle, Math.max(width, LEAST_SPREAD * middle));
    }

    /** Tukey's weight: 1 in the middle, 0 far out. */
    double trust(double rate) {
      double deviation = (rate - middle) / (TUKEY * width);
      double inside = Math.max(0, 1 - deviation * deviation);
      return inside * inside;
    }
  }

  private static final class Ring {

    private final List<Entry> entries = new ArrayList<>();
    private int next;

    void add(MeasuredPrefill measured, long number) {
      Entry entry = new Entry(measured, number);
      if (entries.size() < PER_KIND) {
        entries.add(entry);
      } else {
        entries.set(next, entry);
        next = (next + 1) % PER_KIND;
      }
    }
  }
}
