package io.winnow.bench;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.winnow.v1.ChatMessage;
import io.winnow.v1.ContentPart;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import io.winnow.v1.GenerationFinished;
import io.winnow.v1.GenerationTimings;
import io.winnow.v1.VisualTokenReduction;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/** Picture file to first token through the three services, by gRPC. */
final class MeshPath implements AutoCloseable {

  private static final long DEADLINE_SECONDS = 120;

  private final ManagedChannel channel;
  private final DecoderGrpc.DecoderBlockingStub decoder;
  private final List<GenerationTimings> timings = new ArrayList<>();

  MeshPath(int decoderGrpcPort) {
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", decoderGrpcPort)
            .usePlaintext()
            .maxInboundMessageSize(1 << 20)
            .build();
    decoder = DecoderGrpc.newBlockingStub(channel);
  }

  /** Where the mesh says the time of the last {@code count} answers went, as medians. */
  String stages(int count) {
    List<GenerationTimings> last = timings.subList(timings.size() - count, timings.size());
    return "| ms, median | preprocess | encode | wire | decide | prefill | first token |\n"
        + "|---|---|---|---|---|---|---|\n"
        + "| the mesh's own clock "
        + cell(last, GenerationTimings::getPreprocessMicros)
        + cell(last, GenerationTimings::getEncodeMicros)
        + cell(last, GenerationTimings::getWireMicros)
        + cell(last, GenerationTimings::getDecideMicros)
        + cell(last, GenerationTimings::getPrefillMicros)
        + cell(last, GenerationTimings::getFirstTokenMicros)
        + "|\n";
  }

  private static String cell(
      List<GenerationTimings> timings, ToLongFunction<GenerationTimings> micros) {
    long[] sorted = timings.stream().mapToLong(micros).sorted().toArray();
    return String.format(Locale.ROOT, "| %.2f ", sorted[sorted.length / 2] / 1e3);
  }

  /** Time from picture file and question to the first delta, in milliseconds. */
  double firstTokenMillis(byte[] picture, String question) {
    return firstTokenMillis(decoder, picture, question);
  }

  /** The same as part of a trace. */
  double firstTokenMillis(byte[] picture, String question, String traceparent) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), traceparent);
    return firstTokenMillis(
        decoder.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers)),
        picture,
        question);
  }

  private double firstTokenMillis(
      DecoderGrpc.DecoderBlockingStub stub, byte[] picture, String question) {
    GenerateRequest request = request(picture, question);
    long begin = System.nanoTime();
    Iterator<GenerateResponse> answer =
        stub.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS).generate(request);
    double millis = Double.NaN;
    while (answer.hasNext()) {
      GenerateResponse step = answer.next();
      if (step.hasDelta() && Double.isNaN(millis)) {
        millis = (System.nanoTime() - begin) / 1e6;
      }
      if (step.hasFinished()) {
        timings.add(step.getFinished().getTimings());
      }
    }
    return millis;
  }

  /** Where the time of one answer of one token went. */
  GenerationTimings timings(byte[] picture, String question, VisualTokenReduction reduction) {
    return finished(picture, question, reduction).getTimings();
  }

  /** How one answer of one token went. */
  GenerationFinished finished(byte[] picture, String question, VisualTokenReduction reduction) {
    GenerateRequest request =
        request(picture, question).toBuilder().setVisualTokenReduction(reduction).build();
    Iterator<GenerateResponse> answer =
        decoder.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS).generate(request);
    GenerationFinished found = GenerationFinished.getDefaultInstance();
    while (answer.hasNext()) {
      GenerateResponse step = answer.next();
      if (step.hasFinished()) {
        found = step.getFinished();
      }
    }
    return found;
  }

  private static GenerateRequest request(byte[] picture, String question) {
    return GenerateRequest.newBuilder()
        .addMessages(
            ChatMessage.newBuilder()
                .setRole("user")
                .addParts(ContentPart.newBuilder().setPicture(ByteString.copyFrom(picture)))
                .addParts(ContentPart.newBuilder().setText(question)))
        .setMaxTokens(1)
        .build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
