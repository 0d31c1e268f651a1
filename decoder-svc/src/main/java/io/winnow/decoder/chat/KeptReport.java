package io.winnow.decoder.chat;

import java.util.List;

/**
 * What was kept where.
 *
 * @param visualEntered visual tokens that entered each decoder layer, over all pictures // [layers]
 * @param textTokens text tokens of the prompt; they enter every layer
 * @param macs multiply-accumulates of the decoder prefill that was run, see {@link
 *     io.winnow.runtime.DecoderMacs}
 * @param macsUnpruned the same without reduction
 * @param visualMacsRatio remaining / unpruned over visual tokens only, as FitPrune counts; 1
 *     without any
 * @param pictures in prompt order
 */
public record KeptReport(
    int[] visualEntered,
    int textTokens,
    double macs,
    double macsUnpruned,
    double visualMacsRatio,
    List<PictureTokens> pictures) {

  public KeptReport {
    pictures = List.copyOf(pictures);
  }

  /** Floating-point operations of the prefill: a multiply-accumulate is two. */
  public double flops() {
    return 2 * macs;
  }

  /** The same without reduction. */
  public double flopsUnpruned() {
    return 2 * macsUnpruned;
  }

  /**
   * Which tokens of a picture were kept.
   *
   * @param tiles the grid that token numbers count through in raster order, tile after tile
   * @param width of the picture in pixels, after EXIF orientation
   * @param height see {@code width}
   * @param seen the part of the picture that the grid lies over
   * @param kept from shallow to deep: what was fetched, then what was left after each segment
   */
  public record PictureTokens(
      List<Grid> tiles, int width, int height, Region seen, List<Kept> kept) {

    public PictureTokens {
      tiles = List.copyOf(tiles);
      kept = List.copyOf(kept);
    }
  }

  /** A grid of tokens. */
  public record Grid(int rows, int columns) {}

  /** A rectangle of a picture, in its pixels. */
  public record Region(double left, double top, double width, double height) {}

  /**
   * The tokens of a picture that enter a layer.
   *
   * @param layer its number; the number of layers after the last one
   * @param indices token numbers within the picture, ascending // [kept]
   */
  public record Kept(int layer, int[] indices) {}
}
