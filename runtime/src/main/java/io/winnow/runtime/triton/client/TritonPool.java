package io.winnow.runtime.triton.client;

import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.winnow.inference.GRPCInferenceServiceGrpc;
import io.winnow.inference.ServerReadyRequest;
import io.winnow.inference.ServerReadyResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Several Triton servers with the same models. Each call goes to the healthy one with the fewest
 * calls, streams and pins outstanding; one that fails several calls in a row is left out until it
 * says that it is ready again. If all are left out, the one that is due first is tried all the
 * same. Thread-safe.
 */
public final class TritonPool implements InferenceClient {

  private final List<TritonEndpoint> endpoints;
  private final Router router;
  private final RoutedInference inference;

  private TritonPool(List<Backend> backends, ClientSettings settings) {
    if (backends.isEmpty()) {
      throw new IllegalArgumentException("a pool needs an address");
    }
    Duration probeTimeout = settings.ejection().probeTimeout();
    this.router =
        new LeastOutstanding(backends, backend -> probe(backend, probeTimeout), System::nanoTime);
    this.inference =
        new RoutedInference(
            router,
            new UnaryCalls(
                router,
                new RetryPolicy(
                    settings.retries(), () -> ThreadLocalRandom.current().nextDouble())));
    this.endpoints =
        backends.stream().map(backend -> TritonEndpoint.of(backend, settings.retries())).toList();
  }

  /**
   * A pool.
   *
   * @param addresses at least one, each as in {@link TritonEndpoint#at}
   */
  public static TritonPool of(List<String> addresses, ClientSettings settings) {
    return over(
        addresses.stream().map(address -> Backend.at(address, settings)).toList(), settings);
  }

  static TritonPool over(List<Backend> backends, ClientSettings settings) {
    return new TritonPool(backends, settings);
  }

  /**
   * The servers, for what concerns one of them. Calls made there count as load here; the pool
   * closes them.
   */
  public List<TritonEndpoint> endpoints() {
    return endpoints;
  }

  /**
   * Binds the caller to the server that the next call would go to: for requests that belong
   * together.
   *
   * @return counts as an outstanding call until it is closed
   */
  public PinnedEndpoint pin() {
    Backend.Lease lease = router.acquire(null);
    return endpoints.stream()
        .filter(endpoint -> endpoint.backend() == lease.backend())
        .findFirst()
        .map(endpoint -> new PinnedEndpoint(endpoint, lease))
        .orElseThrow();
  }

  @Override
  public InferResponse infer(InferRequest request, CallSettings settings) {
    requireOneServer(request);
    return inference.infer(request, settings);
  }

  @Override
  public CompletableFuture<InferResponse> inferAsync(InferRequest request, CallSettings settings) {
    requireOneServer(request);
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

  @Override
  public void close() {
    endpoints.forEach(TritonEndpoint::close);
  }

  /** A sequence, and a region of shared memory, live at one server. */
  private void requireOneServer(InferRequest request) {
    boolean shared =
        request.inputs().values().stream().anyMatch(SharedTensor.class::isInstance)
            || request.outputs().stream().anyMatch(output -> output.place() != null);
    if (endpoints.size() > 1 && (shared || request.inSequence())) {
      throw new IllegalArgumentException(
          "a request of a sequence, or with the caller's shared memory, needs pin()");
    }
  }

  private static void probe(Backend backend, Duration timeout) {
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    ClientCalls.asyncUnaryCall(
        backend.channel().newCall(GRPCInferenceServiceGrpc.getServerReadyMethod(), options),
        ServerReadyRequest.getDefaultInstance(),
        new Probe(backend));
  }

  /** Reports the outcome of a probe. */
  private static final class Probe implements StreamObserver<ServerReadyResponse> {

    private final Backend backend;
    private boolean ready;

    Probe(Backend backend) {
      this.backend = backend;
    }

    @Override
    public void onNext(ServerReadyResponse response) {
      ready = response.getReady();
    }

    @Override
    public void onError(Throwable failure) {
      // A server without this call answers UNIMPLEMENTED: it is there.
      boolean answered = Status.fromThrowable(failure).getCode() == Status.Code.UNIMPLEMENTED;
      backend.health().onProbe(answered, System.nanoTime());
    }

    @Override
    public void onCompleted() {
      backend.health().onProbe(ready, System.nanoTime());
    }
  }
}
