package io.winnow.decoder.telemetry;

/**
 * Where a request came in.
 *
 * @param id unique id of the request
 * @param edge the API that it came through
 * @param trace the caller's trace
 * @param receivedNanos when it had arrived, on the clock of {@link System#nanoTime}
 */
public record RequestOrigin(String id, Edge edge, TraceContext trace, long receivedNanos) {

  /** APIs for answers. */
  public enum Edge {
    HTTP,
    GRPC
  }

  /** The same request in another trace. */
  RequestOrigin within(TraceContext other) {
    return new RequestOrigin(id, edge, other, receivedNanos);
  }
}
