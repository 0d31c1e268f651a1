package io.winnow.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StopRequestsTest {

  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void leaveNoProcess() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void terminationRunsTheStopInsteadOfTheShutdownHooks() throws Exception {
    Process service = start();
    BufferedReader output = awaitRunning(service);

    service.toHandle().destroy();

    assertThat(output.readLine()).isEqualTo("stopping");
    assertEndsWithStatus(service, 7);
  }

  @Test
  void endOfInputStopsAServiceThatIsTiedToItsParent() throws Exception {
    Process service = start(StopRequests.STOP_WITH_PARENT);
    BufferedReader output = awaitRunning(service);

    service.getOutputStream().close();

    assertThat(output.readLine()).isEqualTo("stopping");
    assertEndsWithStatus(service, 7);
  }

  @Test
  void inputEndsWithoutConsequenceUnlessAskedFor() throws Exception {
    Process service = start();
    BufferedReader output = awaitRunning(service);

    service.getOutputStream().write("hello\n".getBytes(StandardCharsets.UTF_8));
    service.getOutputStream().close();

    assertThat(output.readLine()).isEqualTo("read hello, then the end");
    service.toHandle().destroy();
    assertThat(output.readLine()).isEqualTo("stopping");
  }

  private static BufferedReader awaitRunning(Process service) throws IOException {
    BufferedReader output =
        new BufferedReader(new InputStreamReader(service.getInputStream(), StandardCharsets.UTF_8));
    assertThat(output.readLine()).isEqualTo("running");
    return output;
  }

  private static void assertEndsWithStatus(Process service, int status)
      throws InterruptedException {
    assertThat(service.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(service.exitValue()).isEqualTo(status);
  }

  private Process start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(TinyService.class.getName());
    Collections.addAll(command, args);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    started.add(process);
    return process;
  }
}
