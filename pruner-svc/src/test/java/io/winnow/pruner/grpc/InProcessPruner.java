package io.winnow.pruner.grpc;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.winnow.pruner.config.PrunerConfig;
import io.winnow.pruner.cost.LearnedCosts;
import io.winnow.pruner.planning.AutoSettings;
import io.winnow.pruner.planning.GateBook;
import io.winnow.pruner.planning.PrunePlanner;
import io.winnow.pruner.planning.RecipeBook;
import io.winnow.v1.DataType;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.DecoderShape;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.Observation;
import io.winnow.v1.Outcome;
import io.winnow.v1.PictureSignals;
import io.winnow.v1.PrunerGrpc;
import io.winnow.v1.PrunerGrpc.PrunerStub;
import io.winnow.v1.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;

/** The real service on an in-process channel, and the messages that tests send. */
final class InProcessPruner implements AutoCloseable {

  static final DecideRequest OUTCOME =
      DecideRequest.newBuilder()
          .setOutcome(Outcome.newBuilder().setCompleted(true).setPrefillMicros(1000))
          .build();
  static final DecideRequest OBSERVATION =
      DecideRequest.newBuilder().setObservation(Observation.newBuilder().setSegment(0)).build();

  final RecordedTelemetry telemetry = new RecordedTelemetry();
  final LearnedCosts costs = new LearnedCosts();
  final PrunerService service;
  private final Server server;
  private final ManagedChannel channel;

  InProcessPruner(int maxStreams, Duration idleTimeout) throws IOException {
    this(maxStreams, idleTimeout, GateBook.empty());
  }

  InProcessPruner(int maxStreams, Duration idleTimeout, GateBook gates) throws IOException {
    service =
        new PrunerService(
            PrunePlanner.withAllMethods(
                RecipeBook::empty, costs, gates, new AutoSettings(0.98, 0.1, 1, 0.25)),
            telemetry,
            config(maxStreams, idleTimeout));
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).addService(service).build().start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  PrunerStub stub() {
    return PrunerGrpc.newStub(channel);
  }

  StreamObserver<DecideRequest> decide(StreamObserver<DecideResponse> answers) {
    return stub().decide(answers);
  }

  static DecideBegin.Builder beginning() {
    return DecideBegin.newBuilder()
        .setModel("demo")
        .setShape(
            DecoderShape.newBuilder().setLayers(8).setHiddenSize(128).setIntermediateSize(352))
        .setTextTokens(12)
        .addPictures(
            PictureSignals.newBuilder()
                .setLayout(
                    EncodedLayout.newBuilder().setTokenCount(576).addTensors(saliency(576))));
  }

  /** The first four tokens and the last stand out. */
  private static NamedTensor saliency(int tokens) {
    ByteBuffer data = ByteBuffer.allocate(tokens * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int token = 0; token < tokens; token++) {
      data.putFloat(token < 4 || token == tokens - 1 ? 0.5f : 0.25f);
    }
    return NamedTensor.newBuilder()
        .setName("saliency")
        .setTensor(
            Tensor.newBuilder()
                .setDataType(DataType.DATA_TYPE_FP32)
                .addShape(tokens)
                .setData(ByteString.copyFrom(data.flip())))
        .build();
  }

  static DecideRequest begin() {
    return begin(beginning());
  }

  static DecideRequest begin(DecideBegin.Builder begin) {
    return DecideRequest.newBuilder().setBegin(begin).build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    service.close();
  }

  static PrunerConfig config(int maxStreams, Duration idleTimeout) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(PrunerConfig.class)
        .withDefaultValue("winnow.pruner.max-streams", String.valueOf(maxStreams))
        .withDefaultValue("winnow.pruner.idle-timeout", idleTimeout.toString())
        .build()
        .getConfigMapping(PrunerConfig.class);
  }
}
