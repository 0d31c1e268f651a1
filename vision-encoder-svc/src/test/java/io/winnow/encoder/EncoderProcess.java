package io.winnow.encoder;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packaged service in a process of its own, on free ports, with the bundled model. */
final class EncoderProcess implements AutoCloseable {

  private static final Pattern GRPC = Pattern.compile("Started gRPC server on 127.0.0.1:(\\d+)");
  private static final Pattern HTTP = Pattern.compile("Listening on: http://127.0.0.1:(\\d+)");

  private final Process process;
  private final StringBuffer output = new StringBuffer();
  private final int httpPort;
  private final ManagedChannel channel;

  /** Waits until the service listens. */
  EncoderProcess(Path repository) throws IOException {
    process = start(repository);
    BufferedReader lines = lines(process);
    int grpcPort = await(lines, GRPC);
    httpPort = await(lines, HTTP);
    Thread reader = new Thread(() -> lines.lines().forEach(this::keep), "process-output");
    reader.setDaemon(true);
    reader.start();
    channel = ManagedChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
  }

  static Process start(Path repository) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-Dquarkus.grpc.server.port=0",
            "-Dquarkus.http.port=0",
            "-Dwinnow.models=" + repository,
            "-jar",
            Path.of("target", "quarkus-app", "quarkus-run.jar").toString())
        .redirectErrorStream(true)
        .start();
  }

  static BufferedReader lines(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  ManagedChannel channel() {
    return channel;
  }

  /** Whether a probe over HTTP says so; a stopping service may not even answer. */
  boolean isReady() throws InterruptedException {
    URI ready = URI.create("http://127.0.0.1:" + httpPort + "/q/health/ready");
    try {
      return HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(ready).build(), HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Sends SIGTERM. */
  void stop() {
    process.toHandle().destroy();
  }

  int awaitExit() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError("the process goes on\n" + output);
    }
    return process.exitValue();
  }

  String output() {
    return output.toString();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    process.destroyForcibly();
  }

  private int await(BufferedReader lines, Pattern wanted) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      keep(line);
      Matcher matcher = wanted.matcher(line);
      if (matcher.find()) {
        return Integer.parseInt(matcher.group(1));
      }
    }
    throw new AssertionError("the service did not start\n" + output);
  }

  private void keep(String line) {
    output.append(line).append('\n');
  }
}
