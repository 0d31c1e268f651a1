package io.winnow.decoder.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.runtime.streams.ErrorStatus;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** The one place that maps failures to gRPC statuses and back. */
public final class FailureStatus {

  private static final String PARAM = "param";
  private static final String PICTURE_UNSUPPORTED = "PICTURE_UNSUPPORTED"; // the encoder's

  private FailureStatus() {}

  /** The status of a failure, with google.rpc.ErrorInfo and, where it helps, RetryInfo. */
  public static StatusRuntimeException of(ChatFailure failure) {
    StatusRuntimeException status =
        ErrorStatus.of(
            code(failure.reason()),
            failure.reason().name(),
            failure.message(),
            failure.param().map(param -> Map.of(PARAM, param)).orElse(Map.of()));
    return retrySeconds(failure.reason()).map(seconds -> withRetry(status, seconds)).orElse(status);
  }

  private static StatusRuntimeException withRetry(StatusRuntimeException status, long seconds) {
    RetryInfo retry =
        RetryInfo.newBuilder().setRetryDelay(Duration.newBuilder().setSeconds(seconds)).build();
    return StatusProto.toStatusRuntimeException(
        StatusProto.fromThrowable(status).toBuilder().addDetails(Any.pack(retry)).build());
  }

  /**
   * What a call to another service failed with.
   *
   * @param service its name, for the message
   */
  static ChatFailure failure(String service, Throwable thrown) {
    io.grpc.Status status = io.grpc.Status.fromThrowable(thrown);
    Optional<ErrorInfo> info = errorInfo(thrown);
    String said = Optional.ofNullable(status.getDescription()).orElse("no reason given");
    String message = info.isPresent() ? said : service + ": " + status.getCode() + ", " + said;
    Reason reason =
        info.flatMap(given -> reason(given.getReason())).orElseGet(() -> reason(status.getCode()));
    return new ChatFailure(reason, message, info.map(given -> given.getMetadataMap().get(PARAM)));
  }

  private static Optional<ErrorInfo> errorInfo(Throwable thrown) {
    Status status = StatusProto.fromThrowable(thrown);
    if (status == null) {
      return Optional.empty();
    }
    try {
      for (Any detail : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          return Optional.of(detail.unpack(ErrorInfo.class));
        }
      }
      return Optional.empty();
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty(); // the status itself says enough
    }
  }

  private static Optional<Reason> reason(String name) {
    if (name.equals(PICTURE_UNSUPPORTED)) {
      return Optional.of(Reason.PICTURE_UNREADABLE);
    }
    return Arrays.stream(Reason.values()).filter(reason -> reason.name().equals(name)).findFirst();
  }

  private static Reason reason(io.grpc.Status.Code code) {
    return switch (code) {
      case INVALID_ARGUMENT -> Reason.INVALID_REQUEST;
      case NOT_FOUND -> Reason.MODEL_NOT_FOUND;
      case RESOURCE_EXHAUSTED -> Reason.OVERLOADED;
      case DEADLINE_EXCEEDED -> Reason.TIMEOUT;
      case CANCELLED -> Reason.CANCELLED;
      case UNAVAILABLE -> Reason.UNAVAILABLE;
      case OK,
          UNKNOWN,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          FAILED_PRECONDITION,
          ABORTED,
          OUT_OF_RANGE,
          UNIMPLEMENTED,
          INTERNAL,
          DATA_LOSS,
          UNAUTHENTICATED ->
          Reason.INTERNAL;
    };
  }

  private static Code code(Reason reason) {
    return switch (reason) {
      case INVALID_REQUEST, CONTEXT_LENGTH_EXCEEDED, PICTURE_UNREADABLE, PICTURE_URL_REFUSED ->
          Code.INVALID_ARGUMENT;
      case MODEL_NOT_FOUND -> Code.NOT_FOUND;
      case UNAUTHENTICATED -> Code.UNAUTHENTICATED;
      case PICTURE_TOO_LARGE, RATE_LIMITED, OVERLOADED -> Code.RESOURCE_EXHAUSTED;
      case TIMEOUT -> Code.DEADLINE_EXCEEDED;
      case CANCELLED -> Code.CANCELLED;
      case UNAVAILABLE -> Code.UNAVAILABLE;
      case INTERNAL -> Code.INTERNAL;
    };
  }

  private static Optional<Long> retrySeconds(Reason reason) {
    return switch (reason) {
      case RATE_LIMITED, OVERLOADED -> Optional.of(1L);
      case UNAVAILABLE -> Optional.of(5L);
      case INVALID_REQUEST,
          CONTEXT_LENGTH_EXCEEDED,
          PICTURE_UNREADABLE,
          PICTURE_TOO_LARGE,
          PICTURE_URL_REFUSED,
          MODEL_NOT_FOUND,
          UNAUTHENTICATED,
          TIMEOUT,
          CANCELLED,
          INTERNAL ->
          Optional.empty();
    };
  }
}
