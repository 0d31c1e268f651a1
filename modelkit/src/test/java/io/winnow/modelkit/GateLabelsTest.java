package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * The rules that label the samples of exit gates are Python, as the training is; their truth table
 * is checked by Python too.
 */
class GateLabelsTest {

  @Test
  void theTruthTableHolds() throws Exception {
    assumeTrue(onPath("python3"), "SKIPPED: python3 is missing");
    Path folder = DemoModel.ROOT.resolve("gates");
    Process process =
        new ProcessBuilder("python3", "-B", "test_labels.py")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String output = read(process);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).contains("passed test_the_truth_table");
  }

  private static String read(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static boolean onPath(String program) {
    return Arrays.stream(System.getenv("PATH").split(System.getProperty("path.separator")))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
