package io.winnow.runtime.triton.client;

import static io.winnow.runtime.triton.client.SmallModels.CALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.winnow.runtime.triton.OnTriton;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Everything but inference, on a real server. */
@OnTriton
class TritonControlIT {

  private static final String ECHO_CONFIG =
      """
      {"name": "loaded", "backend": "python", "max_batch_size": 0,
       "input": [{"name": "x", "data_type": "TYPE_FP32", "dims": [-1]}],
       "output": [{"name": "x", "data_type": "TYPE_FP32", "dims": [-1]}]}
      """;

  private final TritonEndpoint endpoint = TritonEndpoint.at(SmallModels.address());

  @AfterEach
  void close() {
    endpoint.close();
  }

  @Test
  void answersHealth() {
    assertThat(endpoint.live(CALL)).isTrue();
    assertThat(endpoint.ready(CALL)).isTrue();
    assertThat(endpoint.modelReady("echo", "", CALL)).isTrue();
    assertThat(endpoint.modelReady("echo", "1", CALL)).isTrue();
    assertThat(endpoint.modelReady("none", "", CALL)).isFalse();
  }

  @Test
  void describesServerAndModels() {
    ServerMetadata server = endpoint.server().metadata(CALL);
    assertThat(server.name()).isEqualTo("triton");
    assertThat(server.extensions()).contains("system_shared_memory", "statistics", "trace");

    ModelMetadata model = endpoint.repository().metadata("echo", "", CALL);
    assertThat(model.platform()).isEqualTo("python");
    assertThat(model.versions()).containsExactly("1");
    assertThat(model.inputs())
        .containsExactly(new ModelMetadata.TensorMetadata("x", TensorType.FP32, List.of(-1L)));
    assertThat(endpoint.repository().metadata("identity", "", CALL).inputs())
        .hasSize(TensorType.values().length);

    assertThat(
            endpoint
                .repository()
                .config("countdown", "", CALL)
                .getModelTransactionPolicy()
                .getDecoupled())
        .isTrue();
    assertThat(failure(() -> endpoint.repository().metadata("none", "", CALL)).code())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void countsRequests() {
    long before = counters("echo").inferences();
    endpoint.infer(SmallModels.echo(1), CALL);
    endpoint.infer(SmallModels.echo(1), CALL);
    ModelCounters after = counters("echo");
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while ((after.inferences() < before + 2 || after.success().count() < after.inferences())
        && System.nanoTime() < end) {
      after = counters("echo"); // Triton counts a request after it has answered it
    }
    assertThat(after.inferences()).isEqualTo(before + 2);
    assertThat(after.success().count()).isEqualTo(after.inferences());
    assertThat(after.computeInfer().total()).isPositive();
    assertThat(after.batches()).extracting(ModelCounters.Batch::size).containsExactly(1L);
    assertThat(endpoint.repository().statistics("", "", CALL)).hasSizeGreaterThanOrEqualTo(6);
  }

  private ModelCounters counters(String model) {
    return endpoint.repository().statistics(model, "", CALL).get(0);
  }

  @Test
  void loadsAModelFromFilesAndUnloadsIt() throws Exception {
    byte[] program;
    try (InputStream file =
        Objects.requireNonNull(getClass().getResourceAsStream("/triton-models/echo/1/model.py"))) {
      program = file.readAllBytes();
    }
    endpoint
        .repository()
        .load("loaded", LoadSettings.withConfig(ECHO_CONFIG).withFile("1/model.py", program), CALL);
    InferRequest request =
        InferRequest.to("loaded").input("x", Tensor.fp32(new float[] {4}, 1)).build();
    assertThat(endpoint.infer(request, CALL).output("x").toFloats()).containsExactly(4);

    endpoint.repository().unload("loaded", true, CALL);
    TritonException refused = failure(() -> endpoint.infer(request, CALL));
    assertThat(refused.code()).isIn(Status.Code.NOT_FOUND, Status.Code.UNAVAILABLE);
    assertThat(endpoint.modelReady("loaded", "", CALL)).isFalse();
  }

  @Test
  void loadsAModelWithAnotherConfigurationAndListsIt() {
    String batching =
        """
        {"name": "failing", "backend": "python", "max_batch_size": 4,
         "input": [{"name": "why", "data_type": "TYPE_STRING", "dims": [1]}],
         "output": [{"name": "never", "data_type": "TYPE_INT32", "dims": [1]}]}
        """;
    try {
      endpoint.repository().load("failing", LoadSettings.withConfig(batching), CALL);
      assertThat(endpoint.repository().config("failing", "", CALL).getMaxBatchSize()).isEqualTo(4);
    } finally {
      // Loaded again as it is, Triton would keep the configuration that it was given.
      endpoint.repository().unload("failing", false, CALL);
      endpoint.repository().load("failing", LoadSettings.fromFolder(), CALL);
    }
    assertThat(endpoint.repository().config("failing", "", CALL).getMaxBatchSize()).isZero();
    assertThat(endpoint.repository().index(true, CALL))
        .filteredOn(ModelIndexEntry::ready)
        .extracting(ModelIndexEntry::name)
        .contains("echo", "failing", "slow");
    assertThat(failure(() -> endpoint.repository().load("none", LoadSettings.fromFolder(), CALL)))
        .hasMessageContaining("failed to load 'none'");
  }

  @Test
  void readsAndChangesTraceAndLogSettings() {
    Map<String, List<String>> changed =
        endpoint.server().traceSettings("echo", Map.of("trace_rate", List.of("7")), CALL);
    assertThat(changed).containsEntry("trace_rate", List.of("7"));
    Map<String, List<String>> reset =
        endpoint.server().traceSettings("echo", Map.of("trace_rate", List.of()), CALL);
    assertThat(reset.get("trace_rate")).isNotEqualTo(List.of("7"));

    LogSettings log = endpoint.server().logSettings(LogSettings.verbose(1), CALL);
    assertThat(log.verboseLevel()).isEqualTo(1);
    assertThat(log.info()).isTrue();
    assertThat(endpoint.server().logSettings(LogSettings.verbose(0), CALL).verboseLevel()).isZero();
    LogSettings moved = new LogSettings(null, null, null, null, null, "elsewhere");
    assertThat(failure(() -> endpoint.server().logSettings(moved, CALL)))
        .hasMessageContaining("can not be updated");
  }

  @Test
  void sharesMemoryByHand() throws Exception {
    SharedMemoryControl control = endpoint.sharedMemory();
    SharedRegion region = SharedRegion.create(4_096);
    try {
      control.register(region.description(), CALL);
      assertThat(failure(() -> control.register(region.description(), CALL)).code())
          .isEqualTo(Status.Code.ALREADY_EXISTS);
    } finally {
      region.unlink();
    }
    assertThat(control.systemRegions(CALL)).contains(region.description());
    region.memory().asFloatBuffer().put(new float[] {1, 2, 3, 4});
    InferRequest request =
        InferRequest.to("echo")
            .input("x", region.tensor(TensorType.FP32, 0, 16, 4))
            .output(new RequestedOutput("x", 0, region.tensor(TensorType.FP32, 64, 16, 4), 0))
            .build();
    SharedTensor written = endpoint.infer(request, CALL).sharedOutput("x");
    assertThat(written).isEqualTo(region.tensor(TensorType.FP32, 64, 16, 4));
    assertThat(region.memory().getFloat(64 + 8)).isEqualTo(3);
    control.unregisterSystem(region.name(), CALL);
    assertThat(control.systemRegions(CALL)).doesNotContain(region.description());
    assertThat(failure(() -> endpoint.infer(request, CALL)))
        .hasMessageContaining("Unable to find shared memory region");
  }

  @Test
  void passesOnTheRefusalOfCudaMemoryOnAMachineWithout() {
    SharedMemoryControl control = endpoint.sharedMemory();
    TritonException refused =
        failure(
            () ->
                control.register(
                    new SharedMemoryControl.CudaRegion("gpu", 0, 64), new byte[64], CALL));
    assertThat(refused.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused).hasMessageContaining("failed to register");
    assertThat(control.cudaRegions(CALL)).isEmpty();
    control.unregisterCuda("gpu", CALL);
  }

  private static TritonException failure(ThrowingCallable call) {
    return catchThrowableOfType(TritonException.class, call);
  }
}
