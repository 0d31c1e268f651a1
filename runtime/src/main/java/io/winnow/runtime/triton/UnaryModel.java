package io.winnow.runtime.triton;

import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFullException;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.triton.client.CallSettings;
import io.winnow.runtime.triton.client.InferRequest;
import io.winnow.runtime.triton.client.InferResponse;
import io.winnow.runtime.triton.client.TritonEndpoint;
import io.winnow.runtime.triton.client.TritonException;
import java.time.Duration;
import java.util.Optional;

/** A model without state on a Triton server: one request, one response. Thread-safe. */
final class UnaryModel implements AutoCloseable {

  private static final Duration READY_PATIENCE = Duration.ofSeconds(2);

  private final String name;
  private final Duration timeout;
  private final TritonEndpoint endpoint;
  private volatile boolean closed;

  UnaryModel(String name, String address, TritonSettings settings) {
    this.name = name;
    this.timeout = settings.encode();
    this.endpoint = TritonEndpoint.at(address, settings.channel());
  }

  /** Begins a request to it. */
  InferRequest.Builder request() {
    return InferRequest.to(name);
  }

  /** Runs it outside of any trace; see {@link #run(InferRequest, Optional)}. */
  InferResponse run(InferRequest request) {
    return run(request, Optional.empty());
  }

  /**
   * Runs it; blocks until the response is there.
   *
   * @param traceparent W3C trace context, for the server's own spans
   * @throws RuntimeStoppedException if it was closed, or the server is gone: another may do it
   * @throws RuntimeFullException if the server has no room for it
   * @throws IllegalStateException if the server failed
   */
  InferResponse run(InferRequest request, Optional<String> traceparent) {
    if (closed) {
      throw stopped();
    }
    try {
      CallSettings call = CallSettings.within(timeout).asRepeatable();
      return endpoint.infer(request, traceparent.map(call::withTraceparent).orElse(call));
    } catch (TritonException e) {
      if (closed) {
        throw stopped();
      }
      RuntimeFailure told = TritonFailures.of(e);
      throw switch (told.kind()) {
        case UNAVAILABLE, CANCELLED -> new RuntimeStoppedException(told.message());
        // The server is well: what it has no room for must not count against it.
        case RESOURCE_EXHAUSTED -> new RuntimeFullException(told.message());
        case INTERNAL -> new IllegalStateException(told.message(), e);
      };
    } catch (IllegalStateException e) { // closed in between
      throw closed ? stopped() : e;
    }
  }

  /** Whether the server has it ready; blocks for a moment at most. */
  boolean ready() {
    try {
      return !closed && endpoint.modelReady(name, "", CallSettings.within(READY_PATIENCE));
    } catch (TritonException | IllegalStateException e) { // not there, or closed in between
      return false;
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      endpoint.close();
    }
  }

  private static RuntimeStoppedException stopped() {
    return new RuntimeStoppedException("the runtime was closed");
  }
}
