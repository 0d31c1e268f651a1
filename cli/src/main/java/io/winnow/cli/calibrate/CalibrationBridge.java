package io.winnow.cli.calibrate;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.winnow.cli.evaluate.KnownQuestion;
import io.winnow.v1.AnswerLogits;
import io.winnow.v1.CalibrateBegin;
import io.winnow.v1.CalibrateFinished;
import io.winnow.v1.CalibrateRequest;
import io.winnow.v1.CalibrateResponse;
import io.winnow.v1.CalibrationFinding;
import io.winnow.v1.CalibrationProgress;
import io.winnow.v1.CalibrationPrompt;
import io.winnow.v1.CalibrationTask;
import io.winnow.v1.ChatMessage;
import io.winnow.v1.CollectBegin;
import io.winnow.v1.CollectStarted;
import io.winnow.v1.CollectStatisticsRequest;
import io.winnow.v1.CollectStatisticsResponse;
import io.winnow.v1.ContentPart;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.PromptPrepared;
import io.winnow.v1.PrunerGrpc;
import io.winnow.v1.SampleShape;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A calibration's prompts, prepared by decoder-svc, and the searches that pruner-svc makes over
 * them. Neither service calls the other: this passes the pruner's tasks on, and the findings back.
 */
public final class CalibrationBridge implements AutoCloseable {

  private static final int MAX_MESSAGE_BYTES = 4 << 20;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /** Held on to, or its level would be forgotten: the transport tells what it has loaded. */
  private static final Logger TRANSPORT_LOG = Logger.getLogger("io.grpc.netty");

  static {
    TRANSPORT_LOG.setLevel(Level.WARNING);
  }

  private final ManagedChannel decoderChannel;
  private final ManagedChannel prunerChannel;
  private final Duration timeout;
  private final Exchange<CollectStatisticsRequest, CollectStatisticsResponse> decoder =
      new Exchange<>("decoder-svc");
  private final List<SampleShape> samples = new ArrayList<>();
  private CollectStarted model = CollectStarted.getDefaultInstance();

  /**
   * @param decoder gRPC target of decoder-svc, host:port
   * @param pruner gRPC target of pruner-svc, host:port
   * @param apiKey for a decoder-svc that asks for one; pruner-svc has no callers but the mesh's
   * @param timeout for all of it
   */
  public CalibrationBridge(
      String decoder, String pruner, Optional<String> apiKey, Duration timeout) {
    Metadata known = new Metadata();
    apiKey.ifPresent(key -> known.put(AUTHORIZATION, "Bearer " + key));
    this.decoderChannel =
        channel(decoder).intercept(MetadataUtils.newAttachHeadersInterceptor(known)).build();
    this.prunerChannel = channel(pruner).build();
    this.timeout = timeout;
  }

  private static NettyChannelBuilder channel(String target) {
    return NettyChannelBuilder.forTarget(target)
        .usePlaintext()
        .maxInboundMessageSize(MAX_MESSAGE_BYTES);
  }

  /**
   * Opens the model; once, first.
   *
   * @param name of the model; empty is the server's first
   */
  public CollectStarted open(String name) throws IOException {
    var unused =
        DecoderGrpc.newStub(decoderChannel)
            .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
            .collectStatistics(decoder);
    decoder.send(
        CollectStatisticsRequest.newBuilder()
            .setBegin(CollectBegin.newBuilder().setModel(name))
            .build());
    model = decoder.receive().getStarted();
    return model;
  }

  /** Has a question encoded and kept. */
  public void prepare(KnownQuestion question) throws IOException {
    ChatMessage message =
        ChatMessage.newBuilder()
            .setRole("user")
            .addParts(ContentPart.newBuilder().setPicture(ByteString.copyFrom(content(question))))
            .addParts(ContentPart.newBuilder().setText(question.text()))
            .build();
    decoder.send(
        CollectStatisticsRequest.newBuilder()
            .setPrompt(CalibrationPrompt.newBuilder().addMessages(message))
            .build());
    PromptPrepared prepared = decoder.receive().getPrepared();
    samples.add(
        SampleShape.newBuilder()
            .setTextTokens(prepared.getTokens().getTextTokens())
            .setVisualTokens(prepared.getTokens().getImageTokens())
            .setPictures(prepared.getPictures())
            .build());
  }

  private static byte[] content(KnownQuestion question) throws IOException {
    try {
      return Files.readAllBytes(question.picture());
    } catch (IOException e) {
      throw new IOException("the picture " + question.picture() + " cannot be read", e);
    }
  }

  /** Finds a recipe over the prompts so far; blocks until it is found. */
  public CalibrateFinished find(CalibrateBegin wish, Consumer<CalibrationProgress> progress)
      throws IOException {
    Exchange<CalibrateRequest, CalibrateResponse> pruner = new Exchange<>("pruner-svc");
    var unused =
        PrunerGrpc.newStub(prunerChannel)
            .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
            .calibrate(pruner);
    CalibrateBegin begin =
        wish.toBuilder()
            .setModel(model.getModel())
            .setShape(model.getShape())
            .addAllSamples(samples)
            .build();
    pruner.send(CalibrateRequest.newBuilder().setBegin(begin).build());
    try (pruner) {
      while (true) {
        CalibrateResponse response = pruner.receive();
        switch (response.getStepCase()) {
          case TASK -> run(response.getTask(), pruner);
          case PROGRESS -> progress.accept(response.getProgress());
          case FINISHED -> {
            pruner.awaitEnd(); // only then is its place free for the next
            return response.getFinished();
          }
          case STEP_NOT_SET -> throw new IOException("pruner-svc sent a message without a step");
        }
      }
    }
  }

  @Override
  public void close() {
    decoder.close();
    decoderChannel.shutdownNow();
    prunerChannel.shutdownNow();
  }

  /** Passes a task on, and all that it finds back. */
  private void run(CalibrationTask task, Exchange<CalibrateRequest, CalibrateResponse> pruner)
      throws IOException {
    decoder.send(CollectStatisticsRequest.newBuilder().setTask(task).build());
    int layers = model.getShape().getLayers();
    boolean more = true;
    while (more) {
      CalibrationFinding finding = decoder.receive().getFinding();
      pruner.send(CalibrateRequest.newBuilder().setFinding(finding).build());
      more =
          switch (task.getKindCase()) {
            case ATTENTION ->
                task.getAttention().getThrough() && finding.getAttention().getLayer() < layers - 1;
            case DROP, KIND_NOT_SET -> false;
            case ANSWER -> !isLast(task, finding.getLogits());
          };
    }
  }

  private boolean isLast(CalibrationTask task, AnswerLogits found) {
    int layers = task.getAnswer().getWithdrawLayersCount();
    int lastRun =
        layers == 0 ? model.getShape().getLayers() : task.getAnswer().getWithdrawLayers(layers - 1);
    return found.getWithdrawLayer() == lastRun
        && found.getToken() == found.getTokens() - 1
        && found.getFirstId() + found.getLogitsCount() >= found.getVocabularySize();
  }
}
