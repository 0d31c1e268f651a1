package io.winnow.pruner.grpc;

import static io.winnow.pruner.grpc.InProcessPruner.OUTCOME;
import static io.winnow.pruner.grpc.InProcessPruner.begin;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.stub.StreamObserver;
import io.winnow.pruner.cost.LearnedCosts;
import io.winnow.pruner.planning.AutoSettings;
import io.winnow.pruner.planning.FakeGates;
import io.winnow.pruner.planning.PrunePlanner;
import io.winnow.pruner.planning.PrunerTelemetry;
import io.winnow.pruner.planning.RecipeBook;
import io.winnow.v1.DataType;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.Observation;
import io.winnow.v1.PrunerGrpc;
import io.winnow.v1.Tensor;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A thousand generations whose decoders all ask at once, over real sockets. */
class DecideMemoryTest {

  private static final int STREAMS = 1_000;
  private static final int HIDDEN = 896; // of a model of half a billion parameters

  /** Status as it came and as floats (4 and 7 kB), saliency, buffers: 12 kB were measured. */
  private static final long BYTES_PER_STREAM = 32 << 10;

  private final FakeGates gates = new FakeGates(2 * HIDDEN, 1, 3, 5);

  @Test
  void aThousandStreamsThatAskAtOnceStayWithinBoundedMemory() throws Exception {
    PrunerService service =
        new PrunerService(
            PrunePlanner.withAllMethods(
                RecipeBook::empty,
                new LearnedCosts(),
                model -> Optional.of(gates),
                new AutoSettings(0.98, 0.1, 1, 0.25)),
            PrunerTelemetry.NONE,
            InProcessPruner.config(STREAMS, Duration.ofMinutes(5)));
    Server server = ServerBuilder.forPort(0).addService(service).build().start();
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    try {
      finish(open(channel, 1)); // classes are loaded, buffers are pooled
      long before = usedHeap();
      gates.hold();
      List<Generation> generations = open(channel, STREAMS);
      generations.forEach(generation -> generation.observe(0));
      generations.forEach(generation -> generation.observe(1)); // nothing was answered yet

      assertThat(usedHeap() - before).isLessThan(STREAMS * BYTES_PER_STREAM);
      assertThat(service.openStreams()).isEqualTo(STREAMS);
      assertThat(gateThreads()).isLessThanOrEqualTo(2);
      gates.release();
      for (Generation generation : generations) {
        assertThat(generation.answers.next().getVerdict().getSegment()).isZero();
        assertThat(generation.answers.next().getVerdict().getSegment()).isEqualTo(1);
      }
      finish(generations);
      assertThat(service.openStreams()).isZero();
    } finally {
      gates.release();
      channel.shutdownNow();
      server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
      service.close();
    }
  }

  private static List<Generation> open(ManagedChannel channel, int count) throws Exception {
    DecideBegin.Builder begin = DecideExitTest.asking();
    begin.getShapeBuilder().setHiddenSize(HIDDEN);
    List<Generation> generations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      generations.add(new Generation(channel));
      generations.get(i).decoder.onNext(begin(begin));
    }
    for (Generation generation : generations) {
      assertThat(generation.answers.next().getPlan().getObserveSegmentsCount()).isEqualTo(3);
    }
    return generations;
  }

  private static void finish(List<Generation> generations) throws Exception {
    for (Generation generation : generations) {
      generation.decoder.onNext(OUTCOME);
      generation.decoder.onCompleted();
      generation.answers.awaitCompletion();
    }
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long gateThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("winnow-gates"))
        .count();
  }

  /** The decoder's side of a stream. */
  private static final class Generation {

    private final RecordingObserver<DecideResponse> answers = new RecordingObserver<>();
    private final StreamObserver<DecideRequest> decoder;

    Generation(ManagedChannel channel) {
      decoder = PrunerGrpc.newStub(channel).decide(answers);
    }

    void observe(int segment) {
      decoder.onNext(
          DecideRequest.newBuilder()
              .setObservation(
                  Observation.newBuilder()
                      .setSegment(segment)
                      .setVisualTokens(576)
                      .addTensors(
                          NamedTensor.newBuilder()
                              .setName("text_status")
                              .setTensor(
                                  Tensor.newBuilder()
                                      .setDataType(DataType.DATA_TYPE_FP16)
                                      .addShape(2)
                                      .addShape(HIDDEN)
                                      .setData(ByteString.copyFrom(new byte[2 * HIDDEN * 2])))))
              .build());
    }
  }
}
