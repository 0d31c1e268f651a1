package io.winnow.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process has used so far. */
final class ProcessUsage {

  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessUsage() {}

  /** Processor time of all threads, in milliseconds. */
  static double cpuMillis() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e6;
  }

  /** Most memory that was resident at once, in MiB; 0 where the system does not tell. */
  static long peakMebibytes() throws IOException {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    return peakMebibytes(Files.readString(STATUS));
  }

  /** The same out of the text of {@code /proc/PID/status}. */
  static long peakMebibytes(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
        .findFirst()
        .orElse(0);
  }
}
