package io.winnow.e2e.drill;

import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.winnow.e2e.drill.Asked.Caller;
import io.winnow.e2e.drill.Asked.Heard;
import io.winnow.runtime.mesh.PeerAddresses;
import io.winnow.runtime.mesh.PeerTarget;
import io.winnow.v1.ChatMessage;
import io.winnow.v1.ContentPart;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import io.winnow.v1.VisualTokenReduction;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/** Asks all decoders in turn by gRPC. */
final class GrpcCaller implements Caller {

  /** As services do. */
  static final Duration OFTEN = Duration.ofSeconds(1);

  /** As most clients do: names are looked up when a connection is lost. */
  static final Duration ON_LOSS_ONLY = Duration.ofHours(1);

  private final PeerTarget target;
  private final ManagedChannel channel;

  GrpcCaller(Names names, Duration lookUp) {
    target = PeerTarget.of(PeerAddresses.parse("decoder", Service.DECODER.target()), names, lookUp);
    channel =
        Grpc.newChannelBuilder(target.uri(), InsecureChannelCredentials.create())
            .defaultLoadBalancingPolicy("round_robin")
            .build();
  }

  @Override
  public Heard ask(Asked asked) {
    Iterator<GenerateResponse> steps =
        DecoderGrpc.newBlockingStub(channel)
            .withDeadlineAfter(2, TimeUnit.MINUTES)
            .generate(request(asked));
    StringBuilder text = new StringBuilder();
    String method = "";
    while (steps.hasNext()) {
      GenerateResponse step = steps.next();
      if (step.hasDelta()) {
        text.append(step.getDelta().getText());
      }
      if (step.hasFinished()) {
        method = step.getFinished().getReduction().getMethod();
      }
    }
    return new Heard(method, text.toString());
  }

  private static GenerateRequest request(Asked asked) {
    ChatMessage.Builder message = ChatMessage.newBuilder().setRole("user");
    if (asked.hasPicture()) {
      message.addParts(ContentPart.newBuilder().setPicture(ByteString.copyFrom(asked.picture())));
    }
    message.addParts(ContentPart.newBuilder().setText(asked.text()));
    GenerateRequest.Builder request = GenerateRequest.newBuilder().addMessages(message);
    if (!asked.method().isEmpty()) {
      VisualTokenReduction.Builder wish =
          VisualTokenReduction.newBuilder().setMethod(asked.method());
      if (asked.method().equals("dyvte")) {
        wish.setBlocking(true); // or it would depend on who is faster
      } else {
        wish.setFlopsRatio(Asked.FLOPS_RATIO);
      }
      request.setVisualTokenReduction(wish);
    }
    return request.build();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    target.close();
  }
}
