package io.winnow.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunningServeTest {

  @TempDir private Path folder;

  @Test
  void isFoundWhileItsProcessLives() throws IOException {
    RunningServe serve = serve(ProcessHandle.current());
    serve.write(file());

    assertThat(RunningServe.find(file())).contains(serve);
  }

  @Test
  void isNotFoundOnceItsProcessIdBelongsToAnother() throws IOException {
    RunningServe serve = serve(ProcessHandle.current());
    new RunningServe(serve.pid(), serve.startedEpochMillis() - 1, "", "", Map.of(), List.of())
        .write(file());

    assertThat(RunningServe.find(file())).isEmpty();
  }

  @Test
  void isNotFoundWithoutAWholeFile() throws IOException {
    assertThat(RunningServe.find(file())).isEmpty();

    Files.writeString(file(), "{\"pid\": 12");
    assertThat(RunningServe.find(file())).isEmpty();
  }

  @Test
  void deletesOnlyItsOwnFile() throws IOException {
    RunningServe mine = serve(ProcessHandle.current());
    RunningServe other =
        new RunningServe(
            mine.pid(), mine.startedEpochMillis(), "elsewhere", "", Map.of(), List.of());
    other.write(file());

    mine.delete(file());
    assertThat(file()).exists();

    other.delete(file());
    assertThat(file()).doesNotExist();
  }

  private Path file() {
    return folder.resolve("serve.json");
  }

  private static RunningServe serve(ProcessHandle process) {
    return new RunningServe(
        process.pid(),
        process.info().startInstant().orElseThrow().toEpochMilli(),
        "http://127.0.0.1:8080",
        "/models",
        Map.of("decoder-svc", 1L),
        List.of("http://127.0.0.1:8080"));
  }
}
