package io.winnow.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class WinnowTest {

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void wrongUsageIsStatusTwo() {
    assertThat(run("ask")).isEqualTo(2);
    assertThat(run("ask", "picture.png", "what?", "--max-tokens", "few")).isEqualTo(2);
    assertThat(run("export", "--checkpoint", "x", "--out", "y", "--segments", "0")).isEqualTo(2);
    assertThat(run("export", "--checkpoint", "x", "--out", "y", "--weights", "int2")).isEqualTo(2);
    assertThat(run("serve", "--weights", "bf16")).isEqualTo(2);
    assertThat(run("serve", "--weights", "int8", "--models", "x")).isEqualTo(2);
    assertThat(run("ask", "picture.png", "what?", "--weights", "int3")).isEqualTo(2);
    assertThat(run("evaluate", "--limit", "0")).isEqualTo(2);
    assertThat(run("evaluate", "--concurrency", "65")).isEqualTo(2);
    assertThat(run("evaluate", "--url", "localhost")).isEqualTo(2);
    assertThat(run("calibrate")).isEqualTo(2);
    assertThat(run("calibrate", "--method", "fastv")).isEqualTo(2);
    assertThat(run("calibrate", "--method", "fitprune")).isEqualTo(2);
    assertThat(run("calibrate", "--method", "fitprune", "--flops", "1")).isEqualTo(2);
    assertThat(run("calibrate", "--method", "vtw", "--flops", "0.5")).isEqualTo(2);
    assertThat(run("calibrate", "--method", "vtw", "--decoder", "a:1")).isEqualTo(2);
    assertThat(run("calibrate", "--method", "fitprune", "--flops", "0.4,0.5", "--name", "one"))
        .isEqualTo(2);
    assertThat(run("sing")).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void helpIsStatusZeroAndListsTheCommands() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString())
        .contains("ask", "serve", "export", "evaluate", "calibrate", "Exit status");
  }

  @ParameterizedTest
  @CsvSource({"out.txt,must end in .json or .png", "no/out.png,folder does not exist"})
  void aReportThatCannotBeWrittenIsRefusedBeforeAnythingIsAsked(String file, String problem)
      throws Exception {
    Path picture = Files.write(folder.resolve("a.png"), new byte[] {1});

    assertThat(run("ask", picture.toString(), "what?", "--report", folder + "/" + file))
        .isEqualTo(2);
    assertThat(err.toString()).contains(file, problem);
  }

  @Test
  void aMissingPictureIsOneLineOnStandardError() {
    assertThat(run("ask", folder.resolve("no.png").toString(), "what?", "--json")).isEqualTo(1);
    assertThat(err.toString().strip()).endsWith("no.png does not exist").doesNotContain("\n");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void aFolderIsNoPicture() {
    assertThat(run("ask", folder.toString(), "what?")).isEqualTo(1);
    assertThat(err.toString()).contains("is a folder");
  }

  @Test
  void aFileThatIsTooLargeForAPictureIsRefused() throws Exception {
    Path large = folder.resolve("large.png");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength((64 << 20) + 1);
    }

    assertThat(run("ask", large.toString(), "what?")).isEqualTo(1);
    assertThat(err.toString().strip()).contains("more than 64 MiB").doesNotContain("\n");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aDeviceWithoutEndIsRefused() {
    assertThat(run("ask", "/dev/zero", "what?")).isEqualTo(1);
    assertThat(err.toString()).contains("/dev/zero has more than 64 MiB");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost:8080", "127.0.0.1", "ftp://localhost", "http:/x", "http://a:70000", ""})
  void whatIsNoUrlOfAServiceIsWrongUsage(String url) throws Exception {
    Path picture = Files.write(folder.resolve("a.png"), new byte[] {1});

    assertThat(run("ask", picture.toString(), "what?", "--url", url)).isEqualTo(2);
    assertThat(err.toString()).contains("--url", "http://127.0.0.1:8080");
  }

  @ParameterizedTest
  @ValueSource(strings = {"triton", "triton:0", "triton:8001,", "http://triton:8001"})
  void whatIsNoAddressOfATritonIsWrongUsage(String endpoints) {
    assertThat(run("serve", "--triton", endpoints)).isEqualTo(2);
    assertThat(err.toString()).contains("--triton", "HOST:PORT");
  }

  @Test
  void aTritonIsForServicesThatAreStartedHere() {
    String[] command = {"ask", "cat.png", "what?", "--url", "http://127.0.0.1:1"};
    String[] both =
        Stream.of(command, new String[] {"--triton", "triton:8001"})
            .flatMap(Stream::of)
            .toArray(String[]::new);
    assertThat(run(both)).isEqualTo(2);
    assertThat(err.toString()).contains("--triton", "--url");
  }

  @Test
  void anUnreadableCheckpointSaysWhatIsMissing() {
    assertThat(run("export", "--checkpoint", folder.toString(), "--out", folder + "/out"))
        .isEqualTo(1);
    assertThat(err.toString()).startsWith("winnow: ").contains("config.json");
  }

  @Test
  void aKeyThatCannotBeSentIsWrongUsageAndNotRepeated() {
    assertThat(run("ask", "a.png", "what?", "--api-key", "two words")).isEqualTo(2);
    assertThat(err.toString()).contains("API key").doesNotContain("two words");
  }

  @Test
  void aModelRepositoryThatIsNoFolderIsNamed() throws Exception {
    Path picture = Files.write(folder.resolve("a.png"), new byte[] {1});

    assertThat(run("ask", picture.toString(), "what?", "--models", folder + "/none")).isEqualTo(1);
    assertThat(err.toString()).contains("none is not a folder");
  }

  @Test
  void questionsThatAreNoFileAreNamed() {
    assertThat(run("evaluate", "--questions", folder + "/none.tsv")).isEqualTo(1);
    assertThat(err.toString().strip()).contains("none.tsv is no file").doesNotContain("\n");
  }

  private int run(String... args) {
    CommandLine commandLine = Winnow.commandLine(new Checkout(folder));
    return commandLine
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }
}
