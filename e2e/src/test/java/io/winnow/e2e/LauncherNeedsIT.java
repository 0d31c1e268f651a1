package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the script says where something is missing that it needs: a copy of it with few tools. */
class LauncherNeedsIT {

  private static final String[] TOOLS = {"awk", "cat", "dirname", "mkdir", "readlink", "rm"};

  @TempDir private Path folder;
  private Path tools;

  @BeforeEach
  void findOnlyTheTools() throws IOException {
    tools = Files.createDirectory(folder.resolve("bin"));
    for (String tool : TOOLS) {
      Path found =
          Stream.of(System.getenv("PATH").split(File.pathSeparator))
              .map(path -> Path.of(path, tool))
              .filter(Files::isExecutable)
              .findFirst()
              .orElseThrow();
      Files.createSymbolicLink(tools.resolve(tool), found);
    }
  }

  @Test
  void withoutANewEnoughJdkItSaysWhatToInstall() throws Exception {
    // Where systems put JDKs is searched too, so ask for one that no system has.
    String err = run(script().replace("min_java=17", "min_java=999"), Map.of());

    assertThat(err)
        .startsWith("winnow: no JDK 999 or later was found")
        .contains("apt install", "brew install", "JAVA_HOME");
  }

  @Test
  void withoutMavenItSaysWhatToInstall() throws Exception {
    String err = run(script(), Map.of());

    assertThat(err)
        .startsWith("winnow: Maven is missing")
        .contains("3.8 or later", "apt install", "brew install");
    assertThat(folder.resolve(".winnow/build.lock")).doesNotExist();
  }

  @Test
  void nothingIsBuiltWhenTheCallerSaysSo() throws Exception {
    run(script(), Map.of("WINNOW_BUILT", "1"));

    assertThat(folder.resolve(".winnow")).doesNotExist();
  }

  private static String script() throws IOException {
    return Files.readString(TestMesh.ROOT.resolve("winnow"), StandardCharsets.UTF_8);
  }

  /** Runs a command that has to fail, and returns its standard error. */
  private String run(String script, Map<String, String> environment) throws Exception {
    Path copy = Files.writeString(folder.resolve("winnow"), script, StandardCharsets.UTF_8);
    assertThat(copy.toFile().setExecutable(true)).isTrue();
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(copy.toString(), "ask");
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    Process process =
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(err.toFile()).start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isNotZero();
    return Files.readString(err, StandardCharsets.UTF_8);
  }
}
