package io.winnow.encoder.grpc;

import com.google.rpc.Code;
import io.grpc.StatusRuntimeException;
import io.winnow.encoder.pictures.EncoderFailure;
import io.winnow.runtime.streams.ErrorStatus;
import java.util.Map;

/** The one place that maps failures to gRPC statuses. */
final class FailureStatus {

  private FailureStatus() {}

  static StatusRuntimeException of(EncoderFailure failure) {
    return ErrorStatus.of(
        code(failure.reason()), failure.reason().name(), failure.message(), Map.of());
  }

  private static Code code(EncoderFailure.Reason reason) {
    return switch (reason) {
      case INVALID_REQUEST,
          PROTOCOL_VIOLATION,
          CONTENT_MISMATCH,
          PICTURE_UNREADABLE,
          PICTURE_UNSUPPORTED ->
          Code.INVALID_ARGUMENT;
      case MODEL_NOT_FOUND -> Code.NOT_FOUND;
      case PICTURE_TOO_LARGE, OVERLOADED, TOO_MANY_STREAMS -> Code.RESOURCE_EXHAUSTED;
      case IDLE -> Code.DEADLINE_EXCEEDED;
      case DRAINING -> Code.UNAVAILABLE;
      case INTERNAL -> Code.INTERNAL;
    };
  }
}
