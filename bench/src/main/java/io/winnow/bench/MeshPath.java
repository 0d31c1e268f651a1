package io.winnow.bench;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.winnow.v1.ChatMessage;
import io.winnow.v1.ContentPart;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/** Picture file to first token through the three services, by gRPC. */
final class MeshPath implements AutoCloseable {

  private static final long DEADLINE_SECONDS = 120;

  private final ManagedChannel channel;
  private final DecoderGrpc.DecoderBlockingStub decoder;

  MeshPath(int decoderGrpcPort) {
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", decoderGrpcPort)
            .usePlaintext()
            .maxInboundMessageSize(1 << 20)
            .build();
    decoder = DecoderGrpc.newBlockingStub(channel);
  }

  /** Time from picture file and question to the first delta, in milliseconds. */
  double firstTokenMillis(byte[] picture, String question) {
    GenerateRequest request = request(picture, question);
    long begin = System.nanoTime();
    Iterator<GenerateResponse> answer =
        decoder.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS).generate(request);
    double millis = Double.NaN;
    while (answer.hasNext()) {
      if (answer.next().hasDelta() && Double.isNaN(millis)) {
        millis = (System.nanoTime() - begin) / 1e6;
      }
    }
    return millis;
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
