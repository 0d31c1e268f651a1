package io.winnow.runtime.triton.client;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferResponse;
import io.winnow.inference.ModelStreamInferResponse;
import io.winnow.inference.ServerReadyRequest;
import io.winnow.inference.ServerReadyResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A server in this process that does what a test tells it; it echoes unless told otherwise.
 * Messages are delivered by the thread that sends them.
 */
final class ScriptedTriton extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase
    implements AutoCloseable {

  private static final AtomicInteger SERVERS = new AtomicInteger();

  /** A live stream, as the server sees it. */
  record Stream(
      ServerCallStreamObserver<ModelStreamInferResponse> responses,
      BlockingQueue<ModelInferRequest> requests,
      BlockingQueue<String> ends) {

    ModelInferRequest next() throws InterruptedException {
      ModelInferRequest request = requests.poll(60, TimeUnit.SECONDS);
      if (request == null) {
        throw new AssertionError("no request came");
      }
      return request;
    }

    /** "half-closed" or "cancelled". */
    String end() throws InterruptedException {
      String end = ends.poll(60, TimeUnit.SECONDS);
      if (end == null) {
        throw new AssertionError("the stream did not end");
      }
      return end;
    }
  }

  final String name = "scripted-" + SERVERS.incrementAndGet();
  final Queue<Metadata> headers = new ConcurrentLinkedQueue<>();
  final BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();
  final AtomicInteger infers = new AtomicInteger();
  volatile @Nullable Deadline deadline;
  volatile BiConsumer<ModelInferRequest, StreamObserver<ModelInferResponse>> infer =
      (request, answer) -> {
        answer.onNext(echo(request));
        answer.onCompleted();
      };

  volatile boolean ready = true;

  /** Whether a stream's requests wait until the test asks for them. */
  volatile boolean holdsRequests;

  private final Server server;

  ScriptedTriton() {
    try {
      server =
          InProcessServerBuilder.forName(name)
              .directExecutor()
              .addService(this)
              .intercept(new Recorder())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TritonEndpoint endpoint() {
    return TritonEndpoint.of(backend(ClientSettings.defaults()), RetrySettings.defaults());
  }

  Backend backend(ClientSettings settings) {
    return new Backend(
        name,
        new AgedChannel(
            () -> InProcessChannelBuilder.forName(name).directExecutor().build(),
            null,
            System::nanoTime),
        settings,
        System::nanoTime);
  }

  Stream stream() throws InterruptedException {
    Stream stream = streams.poll(60, TimeUnit.SECONDS);
    if (stream == null) {
      throw new AssertionError("no stream was opened");
    }
    return stream;
  }

  static ModelInferResponse echo(ModelInferRequest request) {
    ModelInferResponse.Builder response =
        ModelInferResponse.newBuilder()
            .setModelName(request.getModelName())
            .setModelVersion("1")
            .setId(request.getId())
            .addAllRawOutputContents(request.getRawInputContentsList());
    request
        .getInputsList()
        .forEach(
            input ->
                response
                    .addOutputsBuilder()
                    .setName(input.getName())
                    .setDatatype(input.getDatatype())
                    .addAllShape(input.getShapeList()));
    return response.build();
  }

  @Override
  public void serverReady(ServerReadyRequest request, StreamObserver<ServerReadyResponse> answer) {
    answer.onNext(ServerReadyResponse.newBuilder().setReady(ready).build());
    answer.onCompleted();
  }

  @Override
  public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answer) {
    infers.incrementAndGet();
    infer.accept(request, answer);
  }

  @Override
  public StreamObserver<ModelInferRequest> modelStreamInfer(
      StreamObserver<ModelStreamInferResponse> responses) {
    Stream stream =
        new Stream(
            (ServerCallStreamObserver<ModelStreamInferResponse>) responses,
            new LinkedBlockingQueue<>(),
            new LinkedBlockingQueue<>());
    if (holdsRequests) {
      stream.responses().disableAutoRequest();
    }
    stream.responses().setOnCancelHandler(() -> stream.ends().add("cancelled"));
    streams.add(stream);
    return new StreamObserver<>() {
      @Override
      public void onNext(ModelInferRequest request) {
        stream.requests().add(request);
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {
        stream.ends().add("half-closed");
      }
    };
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  /** Notes headers and deadline of every call. */
  private final class Recorder implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata metadata, ServerCallHandler<Q, R> next) {
      headers.add(metadata);
      deadline = Context.current().getDeadline();
      return next.startCall(call, metadata);
    }
  }
}
