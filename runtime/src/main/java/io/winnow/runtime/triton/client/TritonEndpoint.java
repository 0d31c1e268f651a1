package io.winnow.runtime.triton.client;

import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.ServerLiveRequest;
import io.winnow.inference.ServerReadyRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One Triton server. Opening it does not connect: the first call does, and later calls connect anew
 * where the connection was lost. Thread-safe; one object serves any number of callers.
 */
public final class TritonEndpoint implements InferenceClient {

  private final Backend backend;
  private final RoutedInference inference;

  private TritonEndpoint(Backend backend, RetryPolicy retries) {
    this.backend = backend;
    Router router = avoid -> backend.lease();
    this.inference = new RoutedInference(router, new UnaryCalls(router, retries));
  }

  /**
   * An endpoint.
   *
   * @param address "host:port", or any gRPC target ("dns:///host:port", "unix:/path")
   * @throws IllegalArgumentException if a TLS file is missing or broken; the message names it
   */
  public static TritonEndpoint at(String address, ClientSettings settings) {
    return of(Backend.at(address, settings), settings.retries());
  }

  /** An endpoint with other connections than by default. */
  public static TritonEndpoint at(String address, ChannelSettings settings) {
    return at(address, ClientSettings.defaults().with(settings));
  }

  /** An endpoint in clear text with the default settings. */
  public static TritonEndpoint at(String address) {
    return at(address, ClientSettings.defaults());
  }

  static TritonEndpoint of(Backend backend, RetrySettings retries) {
    return new TritonEndpoint(
        backend, new RetryPolicy(retries, () -> ThreadLocalRandom.current().nextDouble()));
  }

  /** The address as it was given. */
  public String address() {
    return backend.address();
  }

  /** Calls, streams and pins that have begun and not ended. */
  public int outstanding() {
    return backend.outstanding();
  }

  Backend backend() {
    return backend;
  }

  @Override
  public InferResponse infer(InferRequest request, CallSettings settings) {
    return inference.infer(request, settings);
  }

  @Override
  public CompletableFuture<InferResponse> inferAsync(InferRequest request, CallSettings settings) {
    return inference.inferAsync(request, settings);
  }

  @Override
  public InferStream openStream(StreamSettings settings, StreamListener listener) {
    return inference.openStream(settings, listener);
  }

  @Override
  public boolean modelReady(String model, String version, CallSettings settings) {
    return inference.modelReady(model, version, settings);
  }

  /**
   * Whether the server's process runs.
   *
   * @throws TritonException if it cannot be asked
   */
  public boolean live(CallSettings settings) {
    return inference
        .calls()
        .blocking(
            UnaryCalls.Call.reading(
                GRPCInferenceServiceGrpc.getServerLiveMethod(),
                ServerLiveRequest.getDefaultInstance(),
                settings,
                ""))
        .getLive();
  }

  /**
   * Whether the server takes requests.
   *
   * @throws TritonException if it cannot be asked
   */
  public boolean ready(CallSettings settings) {
    return inference
        .calls()
        .blocking(
            UnaryCalls.Call.reading(
                GRPCInferenceServiceGrpc.getServerReadyMethod(),
                ServerReadyRequest.getDefaultInstance(),
                settings,
                ""))
        .getReady();
  }

  /** Models of the server: metadata, configuration, statistics, loading and unloading. */
  public RepositoryControl repository() {
    return new RepositoryControl(inference.calls());
  }

  /** The server itself: what it is, how it traces and logs. */
  public ServerControl server() {
    return new ServerControl(inference.calls());
  }

  /** Regions of shared memory that the server knows. */
  public SharedMemoryControl sharedMemory() {
    return new SharedMemoryControl(inference.calls());
  }

  @Override
  public void close() {
    backend.close();
  }
}
