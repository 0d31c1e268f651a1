package io.winnow.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Calls the launcher script as a user does, from a folder of the user's own. */
final class Launcher {

  private static final int PATIENCE_SECONDS = 120;

  private final Path folder;
  private final int patienceSeconds;
  private final Map<String, String> environment;

  Launcher(Path folder) {
    this(folder, PATIENCE_SECONDS);
  }

  Launcher(Path folder, int patienceSeconds) {
    this(folder, patienceSeconds, Map.of());
  }

  private Launcher(Path folder, int patienceSeconds, Map<String, String> environment) {
    this.folder = folder;
    this.patienceSeconds = patienceSeconds;
    this.environment = environment;
  }

  /** With this in the environment, and nothing else than the test's own. */
  Launcher with(String name, String value) {
    return new Launcher(folder, patienceSeconds, Map.of(name, value));
  }

  /** What a finished command left. */
  record Result(int status, String out, String err) {}

  Result run(Object... args) throws IOException, InterruptedException {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    Process process =
        command(args).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    if (!process.waitFor(patienceSeconds, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("the launcher did not end: " + List.of(args));
    }
    return new Result(process.exitValue(), text(out), text(err));
  }

  /**
   * Starts a command that stays, as the leader of a process group of its own, as a shell does; its
   * standard error is the test's.
   */
  Process startGroup(Object... args) throws IOException {
    ProcessBuilder builder = command(args).redirectError(ProcessBuilder.Redirect.INHERIT);
    // Children of a shell's background job would ignore Ctrl-C otherwise.
    builder.command().addAll(0, List.of("setsid", "env", "--default-signal=INT"));
    return builder.start();
  }

  private ProcessBuilder command(Object... args) {
    List<String> command = new ArrayList<>();
    command.add(TestMesh.ROOT.resolve("winnow").toString());
    for (Object arg : args) {
      command.add(arg.toString());
    }
    ProcessBuilder process = new ProcessBuilder(command).directory(folder.toFile());
    // The reactor has built everything; a build inside it would pull the files from under it.
    process.environment().put("WINNOW_BUILT", "1");
    // A busy machine must not change what services that it starts answer.
    process.environment().put("WINNOW_DECODER_PLAN_TIMEOUT", "60s");
    process.environment().put("WINNOW_DECODER_VERDICT_TIMEOUT", "60s");
    process.environment().putAll(environment);
    return process;
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
