package io.winnow.runtime.triton.client;

import io.grpc.ManagedChannel;
import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.ModelInferResponse;
import io.winnow.inference.ModelReadyRequest;
import io.winnow.inference.ServerLiveRequest;
import io.winnow.inference.ServerReadyRequest;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * One Triton server. Opening it does not connect: the first call does, and later calls connect anew
 * where the connection was lost. Thread-safe; one object serves any number of callers.
 */
public final class TritonEndpoint implements AutoCloseable {

  private final UnaryCalls calls;
  private final AgedChannel channel;
  private final String address;

  private TritonEndpoint(String address, AgedChannel channel) {
    this.address = address;
    this.channel = channel;
    this.calls = new UnaryCalls(channel, address);
  }

  /**
   * An endpoint.
   *
   * @param address "host:port", or any gRPC target ("dns:///host:port", "unix:/path")
   * @throws java.io.UncheckedIOException if a TLS file cannot be read
   */
  public static TritonEndpoint at(String address, ChannelSettings settings) {
    return over(
        address,
        new AgedChannel(
            () -> Channels.open(address, settings), settings.maxAge(), System::nanoTime));
  }

  /** An endpoint over channels of the caller's, for tests. Closes them. */
  static TritonEndpoint over(String address, Supplier<ManagedChannel> opener) {
    return over(address, new AgedChannel(opener, null, System::nanoTime));
  }

  private static TritonEndpoint over(String address, AgedChannel channel) {
    return new TritonEndpoint(address, channel);
  }

  /** The address as it was given. */
  public String address() {
    return address;
  }

  /**
   * Runs a model once and waits for the response. If the thread is interrupted the call is
   * cancelled and its interrupt flag stays set.
   *
   * @throws TritonException if it fails: UNIMPLEMENTED for a decoupled model, which needs a stream
   */
  public InferResponse infer(InferRequest request, CallSettings settings) {
    ModelInferResponse response =
        calls.blocking(
            GRPCInferenceServiceGrpc.getModelInferMethod(),
            InferCoding.encode(request),
            settings,
            request.model());
    return InferCoding.decode(response);
  }

  /**
   * Runs a model once. Cancelling the future cancels the call.
   *
   * @return completes on the channel's executor, exceptionally with a {@link TritonException}
   */
  public CompletableFuture<InferResponse> inferAsync(InferRequest request, CallSettings settings) {
    return calls.future(
        GRPCInferenceServiceGrpc.getModelInferMethod(),
        InferCoding.encode(request),
        settings,
        request.model(),
        InferCoding::decode);
  }

  /**
   * Opens a stream. Failures, that of the connection included, reach the listener.
   *
   * @return the stream; requests may be sent at once
   */
  public InferStream openStream(StreamSettings settings, StreamListener listener) {
    StreamCall stream =
        new StreamCall(
            channel
                .get()
                .newCall(
                    GRPCInferenceServiceGrpc.getModelStreamInferMethod(),
                    UnaryCalls.options(settings.call())),
            listener,
            settings,
            address);
    stream.start(UnaryCalls.headers(settings.call()));
    return stream;
  }

  /**
   * Whether the server's process runs.
   *
   * @throws TritonException if it cannot be asked
   */
  public boolean live(CallSettings settings) {
    return calls
        .blocking(
            GRPCInferenceServiceGrpc.getServerLiveMethod(),
            ServerLiveRequest.getDefaultInstance(),
            settings.asRepeatable(),
            "")
        .getLive();
  }

  /**
   * Whether the server takes requests.
   *
   * @throws TritonException if it cannot be asked
   */
  public boolean ready(CallSettings settings) {
    return calls
        .blocking(
            GRPCInferenceServiceGrpc.getServerReadyMethod(),
            ServerReadyRequest.getDefaultInstance(),
            settings.asRepeatable(),
            "")
        .getReady();
  }

  /**
   * Whether a model takes requests; false where it is missing.
   *
   * @param version empty: any
   * @throws TritonException if the server cannot be asked
   */
  public boolean modelReady(String model, String version, CallSettings settings) {
    return calls
        .blocking(
            GRPCInferenceServiceGrpc.getModelReadyMethod(),
            ModelReadyRequest.newBuilder().setName(model).setVersion(version).build(),
            settings.asRepeatable(),
            model)
        .getReady();
  }

  /** Cancels what is under way and disconnects. Idempotent; waits up to a second. */
  @Override
  public void close() {
    channel.close();
  }
}
