package io.winnow.runtime.triton.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class SharedMemoryTest {

  private static final CallSettings CALL = CallSettings.within(Duration.ofSeconds(30));
  private static final SharedMemorySettings SHARING = new SharedMemorySettings(1_000, 1 << 20);

  private final SharingTriton server = new SharingTriton();
  private final TritonEndpoint endpoint = server.endpoint("localhost:1", SHARING);

  @AfterEach
  void close() {
    endpoint.close();
    server.close();
  }

  @Test
  void carriesLargeTensorsBothWaysAndNothingElse() throws Exception {
    assertEchoes(endpoint, 10, 40);
    assertThat(server.sharedInputs).hasValue(0);
    assertEchoes(endpoint, 1_000, 4_000);
    assertThat(server.sharedInputs).hasValue(1);
    assertThat(server.sharedOutputs).hasValue(1);
    assertThat(endpoint.inferAsync(request(1_000, 0), CALL).get().output("x").toInts())
        .hasSize(1_000);
    assertThat(server.sharedInputs).hasValue(2);
    assertThat(server.sharedOutputs).hasValue(1);
  }

  @Test
  void carriesByteStrings() {
    List<String> texts = Stream.generate(() -> "text").limit(1_000).toList();
    InferRequest request =
        InferRequest.to("echo")
            .input("x", Tensor.strings(texts, 1_000))
            .output("x", 20_000)
            .build();
    assertThat(endpoint.infer(request, CALL).output("x").toStrings()).isEqualTo(texts);
    assertThat(server.sharedOutputs).hasValue(1);
  }

  @Test
  void usesARegionAgainAndUnregistersItAtTheEnd() {
    for (int i = 0; i < 5; i++) {
      assertEchoes(endpoint, 1_000 + i, 8_000);
    }
    assertThat(server.regions).hasSize(1);
    endpoint.close();
    assertThat(server.regions).isEmpty();
  }

  @Test
  void leavesNoFileBehind() throws IOException {
    assertEchoes(endpoint, 1_000, 4_000);
    String region = server.regions.keySet().iterator().next();
    assertThat(Path.of("/dev/shm", region)).doesNotExist();
  }

  @Test
  void fallsBackToMessagesWhereTheServerSeesOtherMemory() {
    server.refusesRegions = true;
    assertEchoes(endpoint, 1_000, 4_000);
    server.refusesRegions = false; // not tried again
    assertEchoes(endpoint, 1_000, 4_000);
    assertThat(server.sharedInputs).hasValue(0);
  }

  @Test
  void doesNotWaitAgainForAServerThatDoesNotAnswerARegistration() {
    server.ignoresRegions = true;
    for (int i = 0; i < 3; i++) {
      assertEchoes(endpoint, 1_000, 4_000);
    }
    assertThat(server.registrations).hasValue(1);
    assertThat(server.sharedInputs).hasValue(0);
  }

  @Test
  void triesNoSharingWithAnotherHostOrWhenOff() {
    try (TritonEndpoint far = server.endpoint("triton.example:8001", SHARING);
        TritonEndpoint off = server.endpoint("localhost:1", SharedMemorySettings.off())) {
      assertEchoes(far, 1_000, 4_000);
      assertEchoes(off, 1_000, 4_000);
    }
    assertThat(server.sharedInputs).hasValue(0);
    assertThat(server.regions).isEmpty();
  }

  @Test
  void fallsBackToMessagesAboveTheLimit() {
    assertEchoes(endpoint, 1 << 18, 1 << 20);
    assertThat(server.sharedInputs).hasValue(0);
  }

  @Test
  void sharesAnewAfterTheServerLostItsRegistrations() {
    assertEchoes(endpoint, 1_000, 4_000);
    server.regions.clear();
    assertEchoes(endpoint, 1_000, 4_000);
    assertThat(server.sharedInputs).as("the lost try, counted before it failed").hasValue(2);
    assertEchoes(endpoint, 1_000, 4_000);
    assertThat(server.sharedInputs).hasValue(3);
    assertThat(server.regions).hasSize(1);
  }

  @Test
  void usesNoRegionAgainWhoseCallWasNotAnswered() {
    String first = loseARegion();
    assertEchoes(endpoint, 1_000, 4_000);
    assertThat(server.regions).hasSize(2);
    endpoint.backend().regions().sweep(Duration.ZERO);
    endpoint.close();
    assertThat(server.regions).as("this server might crash").containsOnlyKeys(first);
  }

  @Test
  void unregistersARegionWhoseCallWasNotAnsweredOnceTheServerLetsItGo() {
    server.version = "2.51.0";
    loseARegion();
    server.regionsInUse = true;
    endpoint.backend().regions().sweep(RegionPool.IDLE);
    assertThat(server.regions).hasSize(1);
    server.regionsInUse = false;
    endpoint.backend().regions().sweep(RegionPool.IDLE);
    assertThat(server.regions).isEmpty();
  }

  @Test
  void sharesOnAfterMoreCallsWereNotAnsweredThanTheLimitHasRoomFor() {
    server.version = "2.51.0";
    for (int lost = 0; lost < (1 << 20 >> 16) + 2; lost++) {
      loseARegion();
      endpoint.backend().regions().sweep(RegionPool.IDLE);
    }
    int before = server.sharedInputs.get();
    assertEchoes(endpoint, 1_000, 4_000);
    assertThat(server.sharedInputs).hasValue(before + 1);
  }

  @Test
  void givesUpRegionsThatNobodyWants() {
    assertEchoes(endpoint, 1_000, 4_000);
    endpoint.backend().regions().sweep(RegionPool.IDLE); // it was wanted just now
    assertThat(server.regions).hasSize(1);
    endpoint.backend().regions().sweep(Duration.ZERO);
    assertThat(server.regions).isEmpty();
    assertEchoes(endpoint, 1_000, 4_000);
    assertThat(server.sharedInputs).hasValue(2);
  }

  /** The thread that delivers answers must not wait for one. */
  @Test
  void waitsForNoRegistrationOnTheThreadThatDeliversAnswers() throws Exception {
    Server port =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(server)
            .build()
            .start();
    ClientSettings settings =
        ClientSettings.defaults()
            .with(SHARING)
            .with(ChannelSettings.defaults().withExecutor(Runnable::run));
    try (TritonEndpoint direct = TritonEndpoint.at("localhost:" + port.getPort(), settings)) {
      InferResponse second =
          direct
              .inferAsync(request(10, 40), CALL)
              .thenCompose(first -> direct.inferAsync(request(1_000, 4_000), CALL))
              .get(30, TimeUnit.SECONDS);
      assertThat(second.output("x").toInts()).hasSize(1_000);
      assertEchoes(direct, 1_000, 4_000); // the registration was not given up
      assertThat(server.sharedInputs).hasValue(1);
    } finally {
      port.shutdownNow();
    }
  }

  /** Shares one call, then lets one go unanswered; gives the name of its region. */
  private String loseARegion() {
    assertEchoes(endpoint, 1_000, 4_000);
    String name = server.regions.keySet().iterator().next();
    server.silent = true;
    assertThatThrownBy(
            () -> endpoint.infer(request(1_000, 4_000), CALL.withTimeout(Duration.ofMillis(50))))
        .hasMessageContaining("DEADLINE_EXCEEDED");
    server.silent = false;
    return name;
  }

  @Test
  void givesUpIdleRegionsOfOtherSizesForRoom() {
    for (int elements : new int[] {1 << 14, 1 << 15, 1 << 16, 1 << 17}) {
      assertEchoes(endpoint, elements, 0);
    }
    assertThat(server.sharedInputs).hasValue(4);
    long registered = server.regions.values().stream().mapToLong(m -> m.capacity()).sum();
    assertThat(registered).isLessThanOrEqualTo(1 << 20);
  }

  @Test
  void unregistersRegionsOfProcessesThatAreGone() throws Exception {
    String own = RegionName.ofThisProcess(1);
    String[] parts = own.split("-");
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    String abandoned = String.join("-", parts[0], parts[1], "" + gone.pid(), parts[3], "a");
    String older = String.join("-", parts[0], parts[1], parts[2], "7", "a");
    String otherSpace = String.join("-", parts[0], "12", "" + gone.pid(), parts[3], "a");
    for (String name : List.of(own, abandoned, older, otherSpace, "someone-elses")) {
      server.regions.put(name, ByteBuffer.allocate(1));
    }
    assertEchoes(endpoint, 1_000, 4_000);
    assertThat(server.regions)
        .hasSize(4)
        .containsKeys(own, otherSpace, "someone-elses")
        .doesNotContainKeys(abandoned, older);
  }

  @Test
  void refusesATensorBeyondItsRegion() throws Exception {
    SharedRegion region = SharedRegion.create(64);
    try {
      assertThat(Files.exists(Path.of("/dev/shm" + region.key()))).isTrue();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> region.tensor(TensorType.UINT8, 60, 5, 5));
    } finally {
      region.unlink();
    }
  }

  @Test
  void knowsTheAddressesOfThisHost() {
    for (String local :
        new String[] {
          "localhost:1", "127.0.0.1:8001", "[::1]:1", "dns:///LOCALHOST:1", "unix:/x"
        }) {
      assertThat(LocalAddress.isLocal(local)).as(local).isTrue();
    }
    for (String far :
        new String[] {
          "localhost.example:1", "10.0.0.1:1", "127.0.0.1.example:1", "dns:///triton:1"
        }) {
      assertThat(LocalAddress.isLocal(far)).as(far).isFalse();
    }
  }

  private static void assertEchoes(TritonEndpoint endpoint, int elements, long outputLimit) {
    InferRequest request = request(elements, outputLimit);
    Tensor sent = (Tensor) request.inputs().get("x");
    assertThat(endpoint.infer(request, CALL).output("x").toInts()).isEqualTo(sent.toInts());
  }

  private static InferRequest request(int elements, long outputLimit) {
    int[] values = new int[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = i * 31 + elements;
    }
    InferRequest.Builder request =
        InferRequest.to("echo").input("x", Tensor.int32(values, elements));
    return (outputLimit > 0 ? request.output("x", outputLimit) : request.output("x")).build();
  }
}
