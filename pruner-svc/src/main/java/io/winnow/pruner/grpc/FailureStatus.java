package io.winnow.pruner.grpc;

import com.google.rpc.Code;
import io.grpc.StatusRuntimeException;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.runtime.streams.ErrorStatus;
import java.util.Map;

/** The one place that maps failures to gRPC statuses. */
final class FailureStatus {

  private FailureStatus() {}

  static StatusRuntimeException of(PrunerFailure failure) {
    return ErrorStatus.of(
        code(failure.reason()),
        failure.reason().name(),
        failure.message(),
        failure.param().map(param -> Map.of("param", param)).orElse(Map.of()));
  }

  private static Code code(PrunerFailure.Reason reason) {
    return switch (reason) {
      case INVALID_REQUEST, UNKNOWN_METHOD, IMPOSSIBLE_BUDGET, UNKNOWN_COST, PROTOCOL_VIOLATION ->
          Code.INVALID_ARGUMENT;
      case NO_RECIPE, NO_GATES -> Code.NOT_FOUND;
      case TOO_MANY_STREAMS -> Code.RESOURCE_EXHAUSTED;
      case IDLE -> Code.DEADLINE_EXCEEDED;
      case DRAINING -> Code.UNAVAILABLE;
      case INTERNAL -> Code.INTERNAL;
    };
  }
}
