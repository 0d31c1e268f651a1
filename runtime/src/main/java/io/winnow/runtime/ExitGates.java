package io.winnow.runtime;

import java.util.List;
import java.util.Optional;

/**
 * The exit gates of one model (DyVTE, arXiv 2411.19628): each tells from the text's state behind
 * one decoder layer whether the visual tokens have been seen enough. Thread-safe; calls may run
 * side by side.
 */
public interface ExitGates extends AutoCloseable {

  /**
   * Decoder layers that have a gate, 0-based, ascending. They are last layers of segments; the
   * model's last layer has none, since nothing is left to save behind it.
   */
  List<Integer> layers();

  /**
   * Fingerprint of the weights that they were trained with, see {@link
   * io.winnow.v1.GatesManifest#getWeightsSha256()}; empty: they do not tell.
   */
  Optional<String> weightsSha256();

  /** Length of a text status: twice the decoder's hidden size. */
  int statusWidth();

  /**
   * Asks a gate; blocks until it has answered, which takes microseconds for the bundled model and a
   * few milliseconds for one of 7 billion parameters.
   *
   * @param layer one of {@link #layers()}
   * @param status mean of the text rows after the pictures without the last row, then the last row,
   *     of the layer's output: {@link SegmentEnd#textStatus()} // [statusWidth]
   * @throws IllegalArgumentException if the layer has no gate or the status another length
   * @throws RuntimeStoppedException if the gates were closed before or meanwhile
   * @throws IllegalStateException if the computation failed: the caller keeps the tokens
   */
  ExitLogits logits(int layer, float[] status);

  /**
   * Stops computations under way, waits for them and frees everything. Idempotent; see {@link
   * DecoderRuntime#close()}.
   */
  @Override
  void close();
}
