package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessUsageTest {

  @Test
  void readsThePeakFromTheStatusText() {
    String status = "Name:\tjava\nVmPeak:\t 9999999 kB\nVmHWM:\t  204800 kB\nVmRSS:\t 1024 kB\n";

    assertThat(ProcessUsage.peakMebibytes(status)).isEqualTo(200);
    assertThat(ProcessUsage.peakMebibytes("Name:\tjava\n")).isZero();
  }

  @Test
  void cpuTimeNeverGoesBack() {
    double before = ProcessUsage.cpuMillis();

    assertThat(before).isPositive();
    assertThat(ProcessUsage.cpuMillis()).isGreaterThanOrEqualTo(before);
  }
}
