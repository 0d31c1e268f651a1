package io.winnow.runtime.mesh;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.SslSocketAndEnginePeerVerifier;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.winnow.runtime.process.DaemonThreads;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * Mutual TLS of one service: its own certificate and the authorities it trusts, read again when the
 * files change. Connections that exist live on with what they began with; a server's greatest
 * connection age bounds that, since no session is resumed. Files that cannot be read later on are
 * logged and leave the last good ones in force. Thread-safe.
 */
public final class MeshTls implements AutoCloseable {

  private static final System.Logger log = System.getLogger(MeshTls.class.getName());

  private final FollowedTls inForce;
  private final ScheduledExecutorService reloading =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("winnow-tls-reload"));

  private MeshTls(FollowedTls inForce) {
    this.inForce = inForce;
  }

  /**
   * Reads the files, and from then on watches them.
   *
   * @throws IllegalArgumentException if one of them is missing or broken; the message names it
   */
  public static MeshTls open(TlsFiles files) {
    MeshTls tls =
        new MeshTls(
            FollowedTls.read(
                new TlsMaterial.Source(
                    "winnow.mesh.tls.", files.certificate(), files.key(), files.trust())));
    long millis = files.reload().toMillis();
    var unused =
        tls.reloading.scheduleWithFixedDelay(tls::reload, millis, millis, TimeUnit.MILLISECONDS);
    return tls;
  }

  /** Looks at the files; what is new and whole comes into force, all of it together. */
  void reload() {
    inForce.reload();
  }

  /**
   * Has a server take callers with a certificate of a trusted authority only, and of these only the
   * allowed ones; others get PERMISSION_DENIED, by call.
   *
   * @param callers identities
   */
  public void secure(NettyServerBuilder server, Set<String> callers) {
    AdvancedTlsX509TrustManager trust = trust(new AnyIdentity());
    server.sslContext(new UnresumedSslContext(() -> serverContext(trust)));
    server.intercept(new CallerCheck(callers));
  }

  private SslContext serverContext(AdvancedTlsX509TrustManager trust) {
    try {
      SslContextBuilder context =
          SslContextBuilder.forServer(inForce.keys())
              .trustManager(trust)
              .clientAuth(ClientAuth.REQUIRE);
      return GrpcSslContexts.configure(context).build();
    } catch (SSLException e) {
      throw new IllegalStateException("this JVM cannot serve TLS: " + e.getMessage(), e);
    }
  }

  /**
   * Credentials for calls to a peer, which must show a certificate of a trusted authority with this
   * identity, whatever its host name.
   */
  public ChannelCredentials towards(String identity) {
    return TlsChannelCredentials.newBuilder()
        .keyManager(inForce.keys())
        .trustManager(trust(new OneIdentity(identity)))
        .build();
  }

  private AdvancedTlsX509TrustManager trust(SslSocketAndEnginePeerVerifier verifier) {
    return inForce.trust(Verification.CERTIFICATE_ONLY_VERIFICATION, verifier);
  }

  /** Stops watching; what was read stays in force. */
  @Override
  public void close() {
    reloading.shutdownNow();
  }

  /** Leaves it to {@link CallerCheck}, which can say why. */
  private static final class AnyIdentity implements SslSocketAndEnginePeerVerifier {

    @Override
    public void verifyPeerCertificate(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void verifyPeerCertificate(X509Certificate[] chain, String authType, SSLEngine engine) {}
  }

  private record OneIdentity(String identity) implements SslSocketAndEnginePeerVerifier {

    @Override
    public void verifyPeerCertificate(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      verify(chain[0]);
    }

    @Override
    public void verifyPeerCertificate(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      verify(chain[0]);
    }

    /** Logged, because the call itself ends with little more than UNAVAILABLE. */
    private void verify(X509Certificate certificate) throws CertificateException {
      if (!MeshIdentity.isOneOf(Set.of(identity), certificate)) {
        String message =
            "a peer that should be %s has a certificate for %s"
                .formatted(identity, MeshIdentity.of(certificate));
        log.log(Level.WARNING, message);
        throw new CertificateException(message);
      }
    }
  }
}
