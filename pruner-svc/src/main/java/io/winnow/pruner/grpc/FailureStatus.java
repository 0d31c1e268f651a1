package io.winnow.pruner.grpc;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.winnow.pruner.planning.PrunerFailure;

/** The one place that maps failures to gRPC statuses. */
final class FailureStatus {

  private static final String DOMAIN = "winnow";

  private FailureStatus() {}

  static StatusRuntimeException of(PrunerFailure failure) {
    ErrorInfo.Builder info =
        ErrorInfo.newBuilder().setDomain(DOMAIN).setReason(failure.reason().name());
    failure.param().ifPresent(param -> info.putMetadata("param", param));
    return StatusProto.toStatusRuntimeException(
        Status.newBuilder()
            .setCode(code(failure.reason()).getNumber())
            .setMessage(failure.message())
            .addDetails(Any.pack(info.build()))
            .build());
  }

  private static Code code(PrunerFailure.Reason reason) {
    return switch (reason) {
      case INVALID_REQUEST, UNKNOWN_METHOD, IMPOSSIBLE_BUDGET, PROTOCOL_VIOLATION ->
          Code.INVALID_ARGUMENT;
      case TOO_MANY_STREAMS -> Code.RESOURCE_EXHAUSTED;
      case IDLE -> Code.DEADLINE_EXCEEDED;
      case DRAINING -> Code.UNAVAILABLE;
      case INTERNAL -> Code.INTERNAL;
    };
  }
}
