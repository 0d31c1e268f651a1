package io.winnow.modelkit;

/** Hears how far an export is. */
@FunctionalInterface
public interface ExportProgress {

  /**
   * A graph is about to be written.
   *
   * @param file its place in the model repository
   * @param done graphs that are complete
   * @param total graphs of this export
   */
  void onGraph(String file, int done, int total);

  /**
   * Another tensor is about to be written.
   *
   * @param bytesTaken size of the checkpoint's tensors up to this one
   * @param bytesTotal size of all its tensors; an export may not need the last of them
   */
  default void onWeights(long bytesTaken, long bytesTotal) {}
}
