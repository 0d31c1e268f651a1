package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferResponse;
import io.winnow.inference.ModelStreamInferResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A Triton in this process whose decoder describes itself, and otherwise does what it is told. */
final class ScriptedDecoder extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase
    implements AutoCloseable {

  private static final int ACCEPTED = 0;
  private static final int STARTED = 1;
  private static final int FINISHED = 5;
  private static final int DESCRIBED = 7;

  /** A generation that has arrived. */
  record Arrived(ModelInferRequest prefill, StreamObserver<ModelStreamInferResponse> answers) {

    void accept() {
      answers.onNext(event(ACCEPTED));
    }

    void start(long slotBytes) {
      answers.onNext(event(STARTED, "numbers", "INT64", longs(slotBytes)));
    }

    void finish() {
      answers.onNext(event(FINISHED, "numbers", "INT64", longs(1)));
      answers.onCompleted();
    }
  }

  final BlockingQueue<Arrived> arrivals = new LinkedBlockingQueue<>();
  volatile String description;
  volatile boolean answersQuestions = true;
  volatile Status refusal = Status.UNIMPLEMENTED; // of pictures
  private final Server server;

  /** One that runs an export. */
  ScriptedDecoder(String checkpoint) {
    description = description(checkpoint, "");
    try {
      server =
          Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
              .addService(this)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  /** With 8 slots and 1000 bytes, and what else it says. */
  static String description(String checkpoint, String more) {
    return """
        {"slots": 8, "kv_bytes_limit": 1000, "running": 0, "queued": 0, "kv_bytes_used": 0,
         "checkpoint": "%s"%s}"""
        .formatted(checkpoint, more.isEmpty() ? "" : ", " + more);
  }

  Arrived arrival() {
    try {
      Arrived arrived = arrivals.poll(30, TimeUnit.SECONDS);
      assertThat(arrived).as("no generation arrived").isNotNull();
      return arrived;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public StreamObserver<ModelInferRequest> modelStreamInfer(
      StreamObserver<ModelStreamInferResponse> answers) {
    return new StreamObserver<>() {
      @Override
      public void onNext(ModelInferRequest request) {
        switch (request.getParametersOrThrow("verb").getStringParam()) {
          case "describe" -> {
            if (answersQuestions) {
              answers.onNext(event(DESCRIBED, "text", "BYTES", texts(description)));
            }
          }
          case "prefill" -> arrivals.add(new Arrived(request, answers));
          default -> {}
        }
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {}
    };
  }

  @Override
  public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answer) {
    answer.onError(refusal.asException());
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private static ModelStreamInferResponse event(int event) {
    return ModelStreamInferResponse.newBuilder().setInferResponse(response(event)).build();
  }

  private static ModelStreamInferResponse event(
      int event, String output, String type, ByteString data) {
    ModelInferResponse.Builder response = response(event);
    response.addOutputsBuilder().setName(output).setDatatype(type).addShape(1);
    return ModelStreamInferResponse.newBuilder()
        .setInferResponse(response.addRawOutputContents(data))
        .build();
  }

  private static ModelInferResponse.Builder response(int event) {
    ModelInferResponse.Builder response = ModelInferResponse.newBuilder().setModelVersion("1");
    response.addOutputsBuilder().setName("event").setDatatype("INT32").addShape(1);
    return response.addRawOutputContents(
        ByteString.copyFrom(bytes(Integer.BYTES).putInt(event).flip()));
  }

  private static ByteString longs(long value) {
    return ByteString.copyFrom(bytes(Long.BYTES).putLong(value).flip());
  }

  private static ByteString texts(String value) {
    byte[] text = value.getBytes(StandardCharsets.UTF_8);
    return ByteString.copyFrom(
        bytes(Integer.BYTES + text.length).putInt(text.length).put(text).flip());
  }

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
  }
}
