package io.winnow.runtime.triton.client;

import io.winnow.runtime.triton.RealTriton;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Real servers with the small models of the test resources, and requests to them. */
final class SmallModels {

  static final CallSettings CALL = CallSettings.within(Duration.ofSeconds(60));

  private static @Nullable RealTriton shared;

  private SmallModels() {}

  /** One server for all tests that do it no harm. */
  static synchronized String address() {
    if (shared == null) {
      RealTriton started = start();
      Runtime.getRuntime().addShutdownHook(new Thread(started::kill));
      shared = started;
    }
    return shared.address();
  }

  /**
   * A server of the caller's own.
   *
   * @param options of tritonserver
   */
  static RealTriton start(String... options) {
    List<String> all = new ArrayList<>();
    all.addAll(List.of("--", "--grpc-header-forward-pattern=(traceparent|x-.*)"));
    all.addAll(List.of(options));
    return RealTriton.start(repository(), all.toArray(String[]::new));
  }

  /** Waits until a server that was started anew is connected to again. */
  static void awaitConnected(TritonEndpoint endpoint) {
    CallSettings look = CallSettings.within(Duration.ofSeconds(10));
    long end = System.nanoTime() + CALL.timeout().toNanos();
    while (true) {
      try {
        endpoint.ready(look);
        return;
      } catch (TritonException e) { // gRPC is still in the pause after its last attempt
        if (System.nanoTime() > end) {
          throw e;
        }
        RealTriton.pause();
      }
    }
  }

  private static Path repository() {
    URL folder = Objects.requireNonNull(SmallModels.class.getResource("/triton-models"));
    try {
      return Path.of(folder.toURI()).toAbsolutePath();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static InferRequest echo(float... values) {
    return InferRequest.to("echo")
        .input("x", Tensor.fp32(values, values.length))
        .output("x")
        .build();
  }

  static InferRequest slow(int millis) {
    return InferRequest.to("slow").input("ms", Tensor.int32(new int[] {millis}, 1, 1)).build();
  }

  static InferRequest countdown(int count, int pauseMillis) {
    return InferRequest.to("countdown")
        .input("count", Tensor.int32(new int[] {count}, 1))
        .input("pause_ms", Tensor.int32(new int[] {pauseMillis}, 1))
        .emptyFinalResponse()
        .build();
  }

  static InferRequest count(long sequence, int x, boolean start, boolean end) {
    return InferRequest.to("counter")
        .input("x", Tensor.int32(new int[] {x}, 1, 1))
        .sequence(sequence, start, end)
        .build();
  }
}
