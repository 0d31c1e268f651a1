package io.winnow.pruner.cost;

import io.winnow.pruner.planning.DecoderDimensions;
import io.winnow.pruner.planning.PrefillCosts.MeasuredPrefill;
import io.winnow.pruner.planning.PrefillWork;
import io.winnow.pruner.planning.Ranking;
import java.util.Arrays;
import java.util.Random;

/**
 * A made-up machine: what prefills cost on it is known, and what is measured is off by noise.
 *
 * @param constantMicros of every prefill
 * @param linear microseconds a million MACs
 * @param attention the same for attention
 * @param ranking the same for ranking
 */
record Deployment(double constantMicros, double linear, double attention, double ranking) {

  static final DecoderDimensions DECODER = new DecoderDimensions(24, 896, 4864);

  static PrefillWork unpruned(int text, int visual) {
    int[] entering = new int[DECODER.layers()];
    Arrays.fill(entering, visual);
    return PrefillWork.of(DECODER, text, entering, Ranking.NONE);
  }

  /** Drops a quarter of the tokens in each of three layers. */
  static PrefillWork fitPruned(int text, int visual) {
    int[] entering = new int[DECODER.layers()];
    for (int layer = 0; layer < entering.length; layer++) {
      entering[layer] = visual - visual * Math.min(3, layer / 3) / 4;
    }
    return PrefillWork.of(DECODER, text, entering, Ranking.FITPRUNE);
  }

  static PrefillWork withdrawn(int text, int visual, int layer) {
    int[] entering = new int[DECODER.layers()];
    Arrays.fill(entering, 0, layer, visual);
    return PrefillWork.of(DECODER, text, entering, Ranking.NONE);
  }

  double micros(PrefillWork work) {
    return constantMicros
        + (linear * work.linear() + attention * work.attention() + ranking * work.ranking()) / 1e6;
  }

  /** What a clock would say: a few per cent off, mostly late. */
  MeasuredPrefill measure(PrefillWork work, Random random) {
    double micros = micros(work) * (1 + 0.03 * random.nextGaussian());
    return new MeasuredPrefill(
        work, isUnpruned(work), micros, micros + 30_000 + 2_000 * random.nextDouble());
  }

  /** As above, disturbed by something else on the machine. */
  MeasuredPrefill disturbed(PrefillWork work, Random random) {
    double micros = micros(work) * (3 + 10 * random.nextDouble());
    return new MeasuredPrefill(work, isUnpruned(work), micros, micros + 400_000);
  }

  /** Made-up works drop tokens by ranking or by half, or not at all. */
  private static boolean isUnpruned(PrefillWork work) {
    double n = work.linear() / DECODER.layers() / (4.0 * 896 * 896 + 3.0 * 896 * 4864);
    return Math.abs(work.attention() - DECODER.layers() * 2 * n * n * 896)
        < 1e-6 * work.attention();
  }
}
