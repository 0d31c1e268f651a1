package io.winnow.runtime.triton;

import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.triton.client.TritonException;

/** What went wrong on a Triton, in the runtime's terms. */
final class TritonFailures {

  private TritonFailures() {}

  /** A call that failed. */
  static RuntimeFailure of(TritonException failure) {
    Kind kind =
        switch (failure.code()) {
          case RESOURCE_EXHAUSTED -> Kind.RESOURCE_EXHAUSTED;
          case INVALID_ARGUMENT, OUT_OF_RANGE, UNIMPLEMENTED, DATA_LOSS, INTERNAL -> Kind.INTERNAL;
          // The server, the way to it or the model is gone, or it took too long: another may do it.
          case UNAVAILABLE,
              CANCELLED,
              DEADLINE_EXCEEDED,
              UNKNOWN,
              NOT_FOUND,
              ABORTED,
              ALREADY_EXISTS,
              FAILED_PRECONDITION,
              PERMISSION_DENIED,
              UNAUTHENTICATED,
              OK ->
              Kind.UNAVAILABLE;
        };
    return new RuntimeFailure(kind, String.valueOf(failure.getMessage()));
  }

  /**
   * A request on a stream that the server refused before the model saw it. Triton tells that in
   * words only, also where it was asked for statuses ({@code triton_grpc_error}, tried on 2.51).
   * What a runtime sends fits the export that the server has said it runs, so it is the model that
   * is missing, loading or being unloaded; were it not so, the number of replays bounds the harm.
   */
  static RuntimeFailure refused(String endpoint, String model, String message) {
    return new RuntimeFailure(
        Kind.UNAVAILABLE,
        "model \"%s\" at %s refused a request: %s".formatted(model, endpoint, message));
  }

  /** What the model itself said, by the kinds of docs/triton.md. */
  static RuntimeFailure told(String endpoint, String kind, String message) {
    String text = message + " (Triton at " + endpoint + ")";
    return switch (kind) {
      case "RESOURCE_EXHAUSTED" -> new RuntimeFailure(Kind.RESOURCE_EXHAUSTED, text);
      case "CANCELLED" -> new RuntimeFailure(Kind.CANCELLED, text);
      case "UNAVAILABLE" -> new RuntimeFailure(Kind.UNAVAILABLE, text);
      default -> new RuntimeFailure(Kind.INTERNAL, kind + ": " + text);
    };
  }
}
