package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.contract.DemoModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The documented order of stopping, in a process of its own that computes all the while. */
@DisabledOnOs(OS.WINDOWS)
class EmbeddedProcessStopTest {

  @Test
  void aSignalUnderLoadEndsTheProcessCleanly(@TempDir Path folder) throws Exception {
    Process process = start(folder);
    try (BufferedReader output =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      // Newer JVMs print warnings first.
      assertThat(output.lines().anyMatch("running"::equals)).isTrue();

      process.toHandle().destroy();

      List<String> lines = output.lines().toList();
      assertThat(lines).contains("drained true", "drained false", "encoder stopped");
      assertThat(Collections.frequency(lines, "LENGTH after " + StopUnderLoad.ANSWER_TOKENS))
          .isEqualTo(StopUnderLoad.ANSWERS);
      assertThat(Collections.frequency(lines, "UNAVAILABLE")).isEqualTo(2);
      assertThat(lines).endsWith("stopped");
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files).as("no crash report, no core").isEmpty();
      }
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process start(Path folder) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx400m",
                "-XX:ErrorFile=" + folder.resolve("hs_err.log"),
                StopUnderLoad.class.getName(),
                DemoModel.model().root().toAbsolutePath().toString())
            .directory(folder.toFile())
            .redirectErrorStream(true);
    // ONNX Runtime 1.29's telemetry overflows its stack where the command line is long.
    builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
    return builder.start();
  }
}
