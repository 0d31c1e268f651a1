package io.winnow.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StopRequestsTest {

  private static final int SIGINT = 2;

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
  void interruptionStopsAServiceOfItsOwn() throws Exception {
    assumeInterruptionsArrive();
    Process service = start();
    BufferedReader output = awaitRunning(service);

    signal(service, "INT");

    assertThat(output.readLine()).isEqualTo("stopping");
    assertEndsWithStatus(service, 7);
  }

  @Test
  void interruptionIsLeftToTheParentOfAServiceThatIsTiedToIt() throws Exception {
    Process service = start(StopRequests.STOP_WITH_PARENT);
    BufferedReader output = awaitRunning(service);

    signal(service, "INT");
    signal(service, "QUIT"); // A thread dump: it comes after what the interruption does.

    assertThat(readUntil(output, "Heap")).doesNotContain("stopping");
    service.toHandle().destroy();
    assertThat(readUntil(output, "stopping")).contains("stopping");
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

  private static List<String> readUntil(BufferedReader output, String start) throws IOException {
    List<String> lines = new ArrayList<>();
    String line = "";
    while (line != null && !line.startsWith(start)) {
      line = output.readLine();
      lines.add(String.valueOf(line));
    }
    return lines;
  }

  /**
   * A shell that runs Maven in the background lets it and its children ignore SIGINT, and a JVM
   * then leaves it ignored: the service would never hear of it.
   */
  private static void assumeInterruptionsArrive() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      long ignored =
          Files.readAllLines(status).stream()
              .filter(line -> line.startsWith("SigIgn:"))
              .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
              .findFirst()
              .orElse(0);
      assumeThat(ignored & 1L << (SIGINT - 1)).as("SIGINT is ignored here").isZero();
    }
  }

  private static void signal(Process service, String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(service.pid())).start().waitFor();
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
