package io.winnow.runtime.streams;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Map;

/** Builds the statuses that Winnow's services end a failed call with. */
public final class ErrorStatus {

  private static final String DOMAIN = "winnow";

  private ErrorStatus() {}

  /**
   * A status with a google.rpc.ErrorInfo.
   *
   * @param reason the stable code that a caller may look at
   * @param message for people
   * @param metadata details for a machine, by name
   */
  public static StatusRuntimeException of(
      Code code, String reason, String message, Map<String, String> metadata) {
    ErrorInfo info =
        ErrorInfo.newBuilder().setDomain(DOMAIN).setReason(reason).putAllMetadata(metadata).build();
    return StatusProto.toStatusRuntimeException(
        Status.newBuilder()
            .setCode(code.getNumber())
            .setMessage(message)
            .addDetails(Any.pack(info))
            .build());
  }
}
