package io.winnow.cli;

import io.winnow.modelkit.ExportProgress;
import java.io.PrintWriter;
import java.util.Locale;

/** Prints how far an export is: each graph, and for large checkpoints each tenth of the weights. */
final class PrintedProgress implements ExportProgress {

  private static final long LARGE_BYTES = 256L << 20;
  private static final double GIB = 1L << 30;
  private static final int PARTS = 10;

  private final PrintWriter out;
  private int printed;

  PrintedProgress(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void onGraph(String file, int done, int total) {
    out.printf("winnow: [%d/%d] %s%n", done + 1, total, file);
    out.flush();
  }

  @Override
  public void onWeights(long bytesTaken, long bytesTotal) {
    int part = (int) (bytesTaken * PARTS / Math.max(1, bytesTotal));
    if (bytesTotal < LARGE_BYTES || part <= printed) {
      return;
    }
    printed = part;
    out.printf(
        Locale.ROOT,
        "winnow: %d %%, %.1f of %.1f GiB of weights%n",
        100 * part / PARTS,
        bytesTaken / GIB,
        bytesTotal / GIB);
    out.flush();
  }
}
