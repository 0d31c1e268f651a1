package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferResponse;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.contract.DemoModel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a Triton that runs the vision tower hears of the request's trace. */
class TritonTowerTraceTest {

  private static final String TRACEPARENT =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  private static final int HIDDEN = 128;

  private final List<Optional<String>> heard = new ArrayList<>();

  @Test
  void thePicturesCallCarriesTheTraceAndOthersNone() throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .addService(new Tower())
            .intercept(new Headers())
            .build()
            .start();
    try (EncoderRuntime tower =
        TritonRuntimes.encoder(
            DemoModel.model(), "127.0.0.1:" + server.getPort(), TritonSettings.defaults())) {
      tower.encode(DemoModel.pixels("ex00.png"), Optional.of(TRACEPARENT));
      tower.encode(DemoModel.pixels("ex00.png"));
    } finally {
      server.shutdownNow();
    }

    assertThat(heard).containsExactly(Optional.of(TRACEPARENT), Optional.empty());
  }

  /** Answers with zeros. */
  private static final class Tower extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase {
    @Override
    public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> response) {
      int tokens = DemoModel.VISUAL_TOKENS;
      ModelInferResponse.Builder answer =
          ModelInferResponse.newBuilder().setModelName(request.getModelName());
      add(answer, "visual_tokens", tokens * HIDDEN, 1L, (long) tokens, (long) HIDDEN);
      add(answer, "saliency", tokens, 1L, (long) tokens);
      response.onNext(answer.build());
      response.onCompleted();
    }

    private static void add(
        ModelInferResponse.Builder answer, String name, int count, Long... shape) {
      answer.addOutputs(
          ModelInferResponse.InferOutputTensor.newBuilder()
              .setName(name)
              .setDatatype("FP32")
              .addAllShape(List.of(shape)));
      answer.addRawOutputContents(ByteString.copyFrom(new byte[count * Float.BYTES]));
    }
  }

  private final class Headers implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      if (call.getMethodDescriptor().getFullMethodName().endsWith("/ModelInfer")) {
        heard.add(
            Optional.ofNullable(
                headers.get(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER))));
      }
      return next.startCall(call, headers);
    }
  }
}
