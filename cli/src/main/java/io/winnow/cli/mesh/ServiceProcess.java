package io.winnow.cli.mesh;

import io.winnow.runtime.process.StopRequests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One service as a child process. Its standard input stays open and silent: it ends when this
 * process does, however that ends, and the service then stops by itself.
 */
public final class ServiceProcess {

  /** Where a service listens on loopback. */
  public record Ports(int http, int grpc) {}

  private static final int TAIL_LINES = 20;

  private final String module;
  private final Ports ports;
  private final Path log;
  private final Process process;

  private ServiceProcess(String module, Ports ports, Path log, Process process) {
    this.module = module;
    this.ports = ports;
    this.log = log;
    this.process = process;
  }

  static ServiceProcess start(
      String module, MeshPlan plan, Ports ports, Map<String, String> settings) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(plan.jvmFlags());
    command.add("-Dquarkus.http.port=" + ports.http());
    command.add("-Dquarkus.grpc.server.port=" + ports.grpc());
    settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
    plan.settings(module).forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.add("-jar");
    command.add(plan.jar(module).toString());
    command.add(StopRequests.STOP_WITH_PARENT);
    Path log = plan.logs().resolve(module + ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return new ServiceProcess(module, ports, log, process);
  }

  public String module() {
    return module;
  }

  public Ports ports() {
    return ports;
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  public Path log() {
    return log;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  public void onExit(Runnable action) {
    var unused = process.onExit().thenRun(action);
  }

  /** Waits for the end of the process, and gives its exit status. */
  public int awaitExit() {
    return process.onExit().join().exitValue();
  }

  /** The last lines of what the service wrote. */
  public String logTail() throws IOException {
    List<String> lines =
        new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
  }

  void askToStop() {
    process.toHandle().destroy();
  }

  /** Lets the service drain, and kills it when that takes longer than {@code patience}. */
  void stop(Duration patience) {
    askToStop();
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
