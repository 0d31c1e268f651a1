package io.winnow.runtime.triton.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.jspecify.annotations.Nullable;

/** A call that failed: how, where, and what the caller can do. */
public final class TritonException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Status.Code code;
  private final String endpoint;
  private final String model;
  private final String serverMessage;

  TritonException(
      Status.Code code,
      String endpoint,
      String model,
      String serverMessage,
      @Nullable Throwable cause) {
    super(text(code, endpoint, model, serverMessage), cause);
    this.code = code;
    this.endpoint = endpoint;
    this.model = model;
    this.serverMessage = serverMessage;
  }

  static TritonException of(StatusRuntimeException failure, String endpoint, String model) {
    return of(failure.getStatus(), endpoint, model, failure);
  }

  static TritonException of(
      Status status, String endpoint, String model, @Nullable Throwable cause) {
    String said = status.getDescription();
    if (said == null) {
      said = status.getCause() == null ? "no details" : String.valueOf(status.getCause());
    }
    return new TritonException(status.getCode(), endpoint, model, said, cause);
  }

  /** The gRPC code. */
  public Status.Code code() {
    return code;
  }

  /** The endpoint's address as it was given. */
  public String endpoint() {
    return endpoint;
  }

  /** The model; empty where the call has none. */
  public String model() {
    return model;
  }

  /** What the server, or the transport, said. */
  public String serverMessage() {
    return serverMessage;
  }

  /** What the caller can do about it. */
  public String remedy() {
    return remedy(code);
  }

  /** Whether the same call may succeed a little later or on another endpoint. */
  public boolean isTransient() {
    return code == Status.Code.UNAVAILABLE || code == Status.Code.RESOURCE_EXHAUSTED;
  }

  private static String text(Status.Code code, String endpoint, String model, String said) {
    String subject = model.isEmpty() ? endpoint : "model \"" + model + "\" at " + endpoint;
    return subject + ": " + code + ": " + said + ". " + remedy(code);
  }

  private static String remedy(Status.Code code) {
    return switch (code) {
      case OK -> "Nothing needs to be done.";
      case CANCELLED -> "The call was cancelled; make it again if that was not wanted.";
      case INVALID_ARGUMENT ->
          "Compare names, types and shapes with the model's metadata and parameters with its docs.";
      case DEADLINE_EXCEEDED ->
          "Give the call more time, or find out from the model's statistics what keeps the server.";
      case NOT_FOUND -> "Look for the model in the repository index and load it.";
      case ALREADY_EXISTS -> "Use another name, or unregister what has this one.";
      case PERMISSION_DENIED, UNAUTHENTICATED ->
          "Send the header or the client certificate that the server asks for.";
      case RESOURCE_EXHAUSTED ->
          "Retry later, ask for less, or raise the limit: the message says which one it is.";
      case FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE ->
          "The server's state does not allow the call; begin again.";
      case UNIMPLEMENTED ->
          "Use a stream for a decoupled model; otherwise the server lacks what was asked for.";
      case UNAVAILABLE ->
          "Check that the server runs, is ready, has the model loaded and can be reached.";
      case INTERNAL, UNKNOWN, DATA_LOSS -> "The server's log says more.";
    };
  }
}
