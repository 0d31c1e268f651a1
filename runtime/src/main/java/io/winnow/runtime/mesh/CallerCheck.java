package io.winnow.runtime.mesh;

import com.google.rpc.Code;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.winnow.runtime.streams.ErrorStatus;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Lets only allowed identities call. Not a matter of the handshake, whose failures reach the caller
 * without a reason.
 */
final class CallerCheck implements ServerInterceptor {

  private final Set<String> callers;

  CallerCheck(Set<String> callers) {
    this.callers = Set.copyOf(callers);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    X509Certificate certificate = certificate(call);
    if (certificate != null && MeshIdentity.isOneOf(callers, certificate)) {
      return next.startCall(call, headers);
    }
    refuse(call, certificate);
    return new ServerCall.Listener<>() {};
  }

  private static void refuse(ServerCall<?, ?> call, @Nullable X509Certificate certificate) {
    String who =
        certificate == null ? "without a certificate" : MeshIdentity.of(certificate).toString();
    StatusRuntimeException refusal =
        ErrorStatus.of(
            Code.PERMISSION_DENIED,
            "CALLER_NOT_ALLOWED",
            "the caller %s is none of those that winnow.mesh.tls.callers allows here"
                .formatted(who),
            Map.of());
    Metadata trailers = refusal.getTrailers();
    call.close(refusal.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  private static @Nullable X509Certificate certificate(ServerCall<?, ?> call) {
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      return null;
    }
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate first ? first : null;
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }
}
