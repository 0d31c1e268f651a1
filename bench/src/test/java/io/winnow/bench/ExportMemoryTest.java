package io.winnow.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An export needs memory for a piece of a model, not for the model. */
class ExportMemoryTest {

  private static final RandomLlava.Shape LARGE =
      new RandomLlava.Shape(
          3, 1024, 6144, 8, 8, 24_000, 1024, false, new RandomLlava.Tower(2, 32, 48, 2, 48, 8));
  private static final int HEAP_MIB = 64;

  @TempDir Path folder;

  @Test
  @Timeout(300)
  void exportsACheckpointThatIsSeveralTimesAsLargeAsTheHeap() throws Exception {
    Path checkpoint = folder.resolve("checkpoint");
    RandomLlava.write(checkpoint, Path.of("../demo-model/checkpoint"), LARGE, 7);
    assertThat(Files.size(checkpoint.resolve("model-00001-of-00001.safetensors")) >> 20)
        .isGreaterThan(3 * HEAP_MIB);

    for (String weights : List.of("int4", "fp32")) {
      assertThat(export(checkpoint, weights)).as(weights).isZero();
    }

    try (Stream<Path> files = Files.list(folder.resolve("fp32/model-decoder/1"))) {
      assertThat(files.mapToLong(file -> file.toFile().length()).sum() >> 20)
          .isGreaterThan(6 * HEAP_MIB);
    }
  }

  private int export(Path checkpoint, String weights) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + HEAP_MIB + "m",
                "-XX:MaxDirectMemorySize=16m",
                "-Dwinnow.root=..",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                "io.winnow.cli.Winnow",
                "export",
                "--checkpoint=" + checkpoint,
                "--out=" + folder.resolve(weights),
                "--name=model",
                "--weights=" + weights)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(weights + ".log").toFile())
            .start();
    if (!process.waitFor(280, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return -1;
    }
    System.out.print(Files.readString(folder.resolve(weights + ".log")));
    return process.exitValue();
  }
}
