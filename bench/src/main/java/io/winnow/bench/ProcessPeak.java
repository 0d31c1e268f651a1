package io.winnow.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The largest resident memory that another process has had; Linux knows it. */
final class ProcessPeak {

  private static final long LOOK_MILLIS = 20;

  private ProcessPeak() {}

  /**
   * The peak of a living process so far, in MiB.
   *
   * @throws IOException if there is no such process, or on another system than Linux
   */
  static long mebibytes(long pid) throws IOException {
    long peak =
        ProcessUsage.peakMebibytes(
            Files.readString(Path.of("/proc", Long.toString(pid), "status")));
    if (peak == 0) {
      throw new IOException("process " + pid + " has ended");
    }
    return peak;
  }

  /**
   * Waits for a process and gives its peak in MiB, as last seen before it ended.
   *
   * @throws IOException if it fails
   */
  static long untilEnd(Process process) throws IOException, InterruptedException {
    long peak = 0;
    do {
      try {
        peak = Math.max(peak, mebibytes(process.pid()));
      } catch (IOException e) {
        if (process.isAlive() && peak == 0) {
          throw e;
        }
      }
    } while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS));
    if (process.exitValue() != 0) {
      throw new IOException("a process ended with status " + process.exitValue());
    }
    return peak;
  }
}
