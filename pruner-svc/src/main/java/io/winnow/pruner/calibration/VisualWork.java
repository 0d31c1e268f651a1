package io.winnow.pruner.calibration;

import io.winnow.pruner.planning.DecoderDimensions;

/**
 * The multiply-accumulates of a layer over visual tokens alone, as FitPrune's search counts them:
 * tokens that a layer deletes take part in its attention and not in what follows.
 */
record VisualWork(DecoderDimensions decoder) {

  /** Up to the attention's output: 3vd² + 2v²d. */
  double attention(int visual) {
    double v = visual;
    double d = decoder.hiddenSize();
    return 3 * v * d * d + 2 * v * v * d;
  }

  /** Output projection and FFN: vd² + 3vdm. */
  double rest(int visual) {
    double v = visual;
    double d = decoder.hiddenSize();
    double m = decoder.intermediateSize();
    return v * d * d + 3 * v * d * m;
  }

  /** A layer that deletes nothing. */
  double layer(int visual) {
    return attention(visual) + rest(visual);
  }
}
