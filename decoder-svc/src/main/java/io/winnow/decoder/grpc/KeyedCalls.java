package io.winnow.decoder.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GlobalInterceptor;
import io.winnow.decoder.access.BearerKey;
import io.winnow.decoder.access.Callers;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.v1.DecoderGrpc;
import jakarta.inject.Singleton;
import java.util.Optional;

/**
 * Asks for the API keys of the HTTP edge where there are any, as metadata {@code authorization}:
 * whoever is kept out there must not come in here. Health stays open.
 */
@GlobalInterceptor
@Singleton
public final class KeyedCalls implements ServerInterceptor {

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Callers callers;

  public KeyedCalls(Callers callers) {
    this.callers = callers;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Optional<String> key = BearerKey.of(headers.get(AUTHORIZATION));
    if (!DecoderGrpc.SERVICE_NAME.equals(call.getMethodDescriptor().getServiceName())
        || callers.identify(key).isPresent()) {
      return next.startCall(call, headers);
    }
    StatusRuntimeException refused =
        FailureStatus.of(ChatFailure.of(Reason.UNAUTHENTICATED, BearerKey.refusal(key)));
    Metadata trailers = refused.getTrailers();
    call.close(refused.getStatus(), trailers == null ? new Metadata() : trailers);
    return new ServerCall.Listener<>() {};
  }
}
