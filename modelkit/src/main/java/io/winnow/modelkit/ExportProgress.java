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
}
