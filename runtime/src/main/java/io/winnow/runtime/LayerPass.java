package io.winnow.runtime;

/**
 * One prompt on its way through the layers. Every call blocks until its layer is done and throws
 * {@link RuntimeStoppedException} once the runtime is closed; a pass that threw is of no further
 * use. Not thread-safe.
 */
public interface LayerPass extends AutoCloseable {

  /** The layer that runs next; the number of layers after the last one. */
  int nextLayer();

  /** Rows that are left, text and visual. */
  int rows();

  /** Visual rows that are left. */
  int visualRows();

  /** Runs the next layer and tells what its visual rows received. */
  LayerAttention attend();

  /** Runs the next layer. */
  void pass();

  /**
   * Takes visual rows out. For the rows that stay it is the same whether others leave after the
   * layer or, as in a generation, between its attention and its output projection.
   *
   * @param visual numbers among the visual rows that are left, strictly ascending
   * @throws IllegalArgumentException if a number is out of range or order
   * @throws IllegalStateException before the first layer
   */
  void drop(int[] visual);

  /**
   * A pass of its own that goes on from here without the visual rows: the layers to come see only
   * text. This one stays as it is.
   *
   * @throws IllegalStateException before the first layer
   */
  LayerPass withoutPictures();

  /**
   * Runs the layers that are left.
   *
   * @param last how many rows are asked for, counted from the end
   * @return their logits, the last row last // [last][vocabulary]
   * @throws IllegalStateException after the last layer
   */
  float[][] logits(int last);

  /** Frees what the pass holds. Idempotent. */
  @Override
  void close();
}
