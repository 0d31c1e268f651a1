package io.winnow.runtime.triton.client;

import static io.winnow.runtime.triton.client.SmallModels.CALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.winnow.runtime.triton.OnTriton;
import io.winnow.runtime.triton.RealTriton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Inference with one response, on a real server. */
@OnTriton
class TritonInferenceIT {

  private final TritonEndpoint endpoint = TritonEndpoint.at(SmallModels.address());

  @AfterEach
  void close() {
    endpoint.close();
  }

  @Test
  void carriesEveryType() {
    assertSame("bool", Tensor.bools(new boolean[] {true, false}, 1, 2));
    assertSame("uint8", Tensor.ints(TensorType.UINT8, new int[] {0, 255}, 1, 2));
    assertSame("uint16", Tensor.ints(TensorType.UINT16, new int[] {0, 65535}, 2, 1));
    assertSame("uint32", Tensor.longs(TensorType.UINT32, new long[] {0xffff_ffffL}, 1, 1));
    assertSame("uint64", Tensor.longs(TensorType.UINT64, new long[] {-1}, 1, 1));
    assertSame("int8", Tensor.ints(TensorType.INT8, new int[] {-128, 127}, 1, 2));
    assertSame("int16", Tensor.ints(TensorType.INT16, new int[] {-32768}, 1, 1));
    assertSame("int32", Tensor.int32(new int[] {Integer.MIN_VALUE}, 1, 1));
    assertSame("int64", Tensor.int64(new long[] {Long.MIN_VALUE, 1}, 2, 1));
    assertSame("fp16", Tensor.floats(TensorType.FP16, new float[] {1.5f, -65504}, 1, 2));
    assertSame("bf16", Tensor.floats(TensorType.BF16, new float[] {1.5f, -3e38f}, 1, 2));
    assertSame("fp32", Tensor.fp32(new float[] {Float.MIN_VALUE, Float.NaN}, 1, 2));
    assertSame("fp64", Tensor.doubles(new double[] {Math.PI}, 1, 1));
    assertSame("bytes", Tensor.bytes(List.of(new byte[] {0, -1}, new byte[0]), 1, 2));
    assertSame("fp32", Tensor.fp32(new float[0], 0, 5));
  }

  private void assertSame(String input, Tensor sent) {
    Tensor back =
        endpoint
            .infer(InferRequest.to("identity").input(input, sent).output(input).build(), CALL)
            .output(input);
    assertThat(back.type()).isEqualTo(sent.type());
    assertThat(back.shape()).isEqualTo(sent.shape());
    assertThat(back.data()).as(input).isEqualTo(sent.data());
  }

  @Test
  void carriesIdParametersAndHeadersToTheModel() {
    InferResponse response =
        endpoint.infer(
            InferRequest.to("echo")
                .id("me")
                .input("x", Tensor.fp32(new float[] {1}, 1))
                .parameter("text", "t")
                .parameter("number", 3)
                .parameter("flag", true)
                .build(),
            CALL.withTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                .withHeader("x-tenant", "a"));
    assertThat(response.id()).isEqualTo("me");
    assertThat(response.model()).isEqualTo("echo");
    assertThat(response.version()).isEqualTo("1");
    assertThat(response.output("parameters").toStrings().get(0))
        .contains("\"text\":\"t\"", "\"number\":3", "\"flag\":true", "\"x-tenant\":\"a\"")
        .contains("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  }

  @Test
  void saysWhatIsWrongWithARequest() {
    assertFails(InferRequest.to("none").build(), Status.Code.NOT_FOUND, "'none' is not found");
    assertFails(
        InferRequest.to("echo").input("x", Tensor.int32(new int[] {1}, 1)).build(),
        Status.Code.INVALID_ARGUMENT,
        "expects 'FP32'");
    assertFails(
        InferRequest.to("echo").input("x", Tensor.fp32(new float[] {1}, 1, 1)).build(),
        Status.Code.INVALID_ARGUMENT,
        "Expected [-1], got [1,1]");
    assertFails(
        InferRequest.to("echo").input("y", Tensor.fp32(new float[] {1}, 1)).build(),
        Status.Code.INVALID_ARGUMENT,
        "unexpected inference input 'y'");
    assertFails(
        SmallModels.echo(1).toBuilder().output("z").build(),
        Status.Code.INVALID_ARGUMENT,
        "unexpected inference output 'z'");
    assertFails(
        InferRequest.to("failing").input("why", Tensor.strings(List.of("bad luck"), 1)).build(),
        Status.Code.INTERNAL,
        "bad luck");
    assertFails(
        SmallModels.countdown(1, 0), Status.Code.UNIMPLEMENTED, "decoupled transaction policy");
    assertFails(SmallModels.echo(1).toBuilder().version("9").build(), Status.Code.NOT_FOUND, "9");
  }

  private void assertFails(InferRequest request, Status.Code code, String said) {
    TritonException failure =
        catchThrowableOfType(TritonException.class, () -> endpoint.infer(request, CALL));
    assertThat(failure.code()).isEqualTo(code);
    assertThat(failure)
        .hasMessageContaining(said)
        .hasMessageContaining(request.model())
        .hasMessageContaining(endpoint.address());
  }

  @Test
  void keepsASequenceTogether() {
    assertThat(sum(SmallModels.count(41, 5, true, false))).isEqualTo(5);
    assertThat(sum(SmallModels.count(42, 100, true, false))).isEqualTo(100);
    assertThat(sum(SmallModels.count(41, 6, false, false))).isEqualTo(11);
    assertThat(sum(SmallModels.count(41, 7, false, true))).isEqualTo(18);
    assertThat(sum(SmallModels.count(42, 1, false, true))).isEqualTo(101);
    assertFails(
        SmallModels.count(43, 1, false, false),
        Status.Code.INVALID_ARGUMENT,
        "must specify the START flag");
  }

  private int sum(InferRequest request) {
    return endpoint.infer(request, CALL).output("sum").toInts()[0];
  }

  @Test
  void endsAtItsDeadlineWhileTheServerWorks() {
    TritonException failure =
        catchThrowableOfType(
            TritonException.class,
            () -> endpoint.infer(SmallModels.slow(400), CALL.withTimeout(Duration.ofMillis(50))));
    assertThat(failure.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(endpoint.infer(SmallModels.echo(1), CALL).output("x").toFloats()).containsExactly(1);
  }

  @Test
  void letsTheServerRejectWhatWaitedTooLongInItsQueue() {
    List<CompletableFuture<InferResponse>> calls = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      InferRequest request =
          SmallModels.slow(100).toBuilder().priority(2).queueTimeout(Duration.ofMillis(10)).build();
      calls.add(endpoint.inferAsync(request, CALL));
    }
    long rejected = 0;
    for (CompletableFuture<InferResponse> call : calls) {
      try {
        call.join();
      } catch (CompletionException e) {
        assertThat(e.getCause()).isInstanceOf(TritonException.class);
        assertThat(e).hasMessageContaining("timeout expired");
        rejected++;
      }
    }
    assertThat(rejected).isPositive(); // on a busy machine even the first may wait too long
  }

  @Test
  void sendsCompressed() {
    assertThat(endpoint.infer(SmallModels.echo(1, 2), CALL.asCompressed()).output("x").toFloats())
        .containsExactly(1, 2);
  }

  @Test
  void goesOnAfterACancelledCall() {
    CompletableFuture<InferResponse> slow = endpoint.inferAsync(SmallModels.slow(300), CALL);
    assertThat(slow.cancel(true)).isTrue();
    assertThatThrownBy(slow::join).isInstanceOf(CancellationException.class);
    assertThat(endpoint.infer(SmallModels.echo(2), CALL).output("x").toFloats()).containsExactly(2);
  }

  @Test
  void takesLargeTensorsThroughSharedMemoryByItself() {
    float[] values = new float[1 << 18];
    values[12_345] = 7;
    InferRequest request =
        InferRequest.to("echo")
            .input("x", Tensor.fp32(values, values.length))
            .output("x", (long) values.length * Float.BYTES)
            .build();
    // A busy server may not answer the registration in time; then the next calls do without.
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    do {
      assertThat(endpoint.infer(request, CALL).output("x").toFloats()).isEqualTo(values);
    } while (!sharesMemory(endpoint) && System.nanoTime() < end);
    assertThat(sharesMemory(endpoint)).isTrue();
    endpoint.close();
    try (TritonEndpoint after = TritonEndpoint.at(SmallModels.address())) {
      // It waits for a second at most; a busy server takes what it was told later.
      while (sharesMemory(after) && System.nanoTime() < end) {
        RealTriton.pause();
      }
      assertThat(sharesMemory(after)).isFalse();
    }
  }

  /** Whether the server knows a region of this process. */
  private static boolean sharesMemory(TritonEndpoint asked) {
    String own = RegionName.ofThisProcess(0);
    String prefix = own.substring(0, own.length() - 1);
    return asked.sharedMemory().systemRegions(CALL).stream()
        .anyMatch(region -> region.name().startsWith(prefix));
  }

  @Test
  void saysIfAnOutputIsLargerThanItsPlace() throws Exception {
    SharedRegion region = SharedRegion.create(64);
    try {
      endpoint.sharedMemory().register(region.description(), CALL);
    } finally {
      region.unlink();
    }
    SharedTensor place = region.tensor(TensorType.FP32, 0, 4, 1);
    InferRequest request =
        InferRequest.to("echo")
            .input("x", Tensor.fp32(new float[] {1, 2}, 2))
            .output(new RequestedOutput("x", 0, place, 0))
            .build();
    assertFails(request, Status.Code.INTERNAL, "should be at least 8 bytes");
    endpoint.sharedMemory().unregisterSystem(region.name(), CALL);
  }
}
