package io.winnow.runtime.triton.client;

import static io.winnow.runtime.triton.client.SmallModels.CALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.winnow.runtime.triton.OnTriton;
import io.winnow.runtime.triton.RealTriton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Servers that die, hang and come back. */
@OnTriton
class TritonFaultsIT {

  private static RealTriton frail;

  @BeforeAll
  static void start() {
    frail = SmallModels.start();
  }

  @AfterAll
  static void stop() {
    frail.close();
  }

  @Test
  void saysThatTheServerIsGoneAndAnswersOnceItIsBack() throws Exception {
    RecordingStreamListener listener = new RecordingStreamListener();
    float[] large = new float[1 << 18];
    large[5] = 3;
    try (TritonEndpoint endpoint = TritonEndpoint.at(frail.address())) {
      assertThat(endpoint.infer(shared(large), CALL).output("x").toFloats()).isEqualTo(large);
      InferStream stream = endpoint.openStream(new StreamSettings(CALL, 8, "slow"), listener);
      stream.send(SmallModels.slow(60_000));
      frail.kill();
      assertThat(listener.end()).isEqualTo("UNAVAILABLE");
      TritonException failure =
          catchThrowableOfType(
              TritonException.class, () -> endpoint.infer(SmallModels.echo(1), CALL));
      assertThat(failure.code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure).hasMessageContaining("Check that the server runs");

      frail.restart();
      SmallModels.awaitConnected(endpoint);
      assertThat(endpoint.infer(SmallModels.echo(1), CALL).output("x").toFloats())
          .containsExactly(1);
      // The new server knows no region of the old one.
      assertThat(endpoint.infer(shared(large), CALL).output("x").toFloats()).isEqualTo(large);
    }
  }

  @Test
  void leavesOutAServerThatHangsAndTakesItBack() {
    ClientSettings settings =
        ClientSettings.defaults()
            .with(
                new EjectionSettings(
                    1, Duration.ofMillis(200), Duration.ofMillis(200), Duration.ofSeconds(5)));
    CallSettings brief = CallSettings.within(Duration.ofSeconds(5));
    try (TritonPool pool =
        TritonPool.of(List.of(frail.address(), SmallModels.address()), settings)) {
      TritonEndpoint hanging = pool.endpoints().get(0);
      pool.infer(SmallModels.echo(1), CALL);
      pool.infer(SmallModels.echo(1), CALL);
      frail.freeze();
      try {
        List<String> failed = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          failed.addAll(failed(pool, brief));
        }
        // A busy machine may keep the other one too, which is no matter here.
        assertThat(failed).containsOnlyOnce(frail.address());
      } finally {
        frail.thaw();
      }
      long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (!hanging.backend().health().healthy() && System.nanoTime() < end) {
        pool.infer(SmallModels.slow(20), CALL); // each call probes a server that is due
      }
      assertThat(hanging.backend().health().healthy()).isTrue();
    }
  }

  /** The server that failed a call, if one did. */
  private static List<String> failed(TritonPool pool, CallSettings settings) {
    try {
      pool.infer(SmallModels.echo(1), settings);
      return List.of();
    } catch (TritonException e) {
      assertThat(e.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      return List.of(e.endpoint());
    }
  }

  @Test
  void saysThatAModelWasUnloadedAndAnswersOnceItIsLoaded() {
    try (TritonEndpoint endpoint = TritonEndpoint.at(frail.address())) {
      frail.unload("echo");
      TritonException failure =
          catchThrowableOfType(
              TritonException.class, () -> endpoint.infer(SmallModels.echo(1), CALL));
      assertThat(failure.code()).isIn(Status.Code.NOT_FOUND, Status.Code.UNAVAILABLE);
      frail.load("echo");
      assertThat(endpoint.infer(SmallModels.echo(1), CALL).output("x").toFloats())
          .containsExactly(1);
    }
  }

  private static InferRequest shared(float... values) {
    return InferRequest.to("echo")
        .input("x", Tensor.fp32(values, values.length))
        .output("x", (long) values.length * Float.BYTES)
        .build();
  }
}
