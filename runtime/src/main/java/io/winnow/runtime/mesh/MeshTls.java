package io.winnow.runtime.mesh;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.SslSocketAndEnginePeerVerifier;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * Mutual TLS of one service: its own certificate and the authorities it trusts, read again when the
 * files change. Connections that exist live on with what they began with; a server's greatest
 * connection age bounds that. Files that cannot be read later on are logged and leave the last good
 * ones in force. Thread-safe.
 */
public final class MeshTls implements AutoCloseable {

  private static final System.Logger log = System.getLogger(MeshTls.class.getName());

  private final TlsFiles files;
  private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
  private final List<AdvancedTlsX509TrustManager> trusting = new ArrayList<>();
  private final ScheduledExecutorService reloading =
      Executors.newSingleThreadScheduledExecutor(MeshTls::thread);
  private TlsMaterial inForce;

  private MeshTls(TlsFiles files) throws GeneralSecurityException {
    this.files = files;
    this.inForce = TlsMaterial.read(files);
    keys.updateIdentityCredentials(inForce.chainArray(), inForce.key());
  }

  /**
   * Reads the files, and from then on watches them.
   *
   * @throws IllegalArgumentException if one of them is missing or broken; the message names it
   */
  public static MeshTls open(TlsFiles files) {
    try {
      MeshTls tls = new MeshTls(files);
      long millis = files.reload().toMillis();
      var unused =
          tls.reloading.scheduleWithFixedDelay(tls::reload, millis, millis, TimeUnit.MILLISECONDS);
      return tls;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM cannot use TLS: " + e.getMessage(), e);
    }
  }

  /** Looks at the files; what is new and whole comes into force, all of it together. */
  synchronized void reload() {
    try {
      TlsMaterial read = TlsMaterial.read(files);
      if (!read.equals(inForce)) {
        keys.updateIdentityCredentials(read.chainArray(), read.key());
        for (AdvancedTlsX509TrustManager trust : trusting) {
          trust.updateTrustCredentials(read.trustArray());
        }
        inForce = read;
        log.log(
            Level.INFO,
            "took the certificate {0}, valid until {1}",
            MeshIdentity.of(read.chain().get(0)),
            read.chain().get(0).getNotAfter().toInstant());
      }
    } catch (IllegalArgumentException | IOException | GeneralSecurityException e) {
      log.log(Level.ERROR, "the last good certificates stay in force: {0}", e.getMessage());
    }
  }

  /**
   * Has a server take callers with a certificate of a trusted authority only, and of these only the
   * allowed ones; others get PERMISSION_DENIED, by call.
   *
   * @param callers identities
   */
  public void secure(NettyServerBuilder server, Set<String> callers) {
    try {
      SslContextBuilder context =
          SslContextBuilder.forServer(keys)
              .trustManager(trust(new AnyIdentity()))
              .clientAuth(ClientAuth.REQUIRE);
      server.sslContext(GrpcSslContexts.configure(context).build());
      server.intercept(new CallerCheck(callers));
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
        .keyManager(keys)
        .trustManager(trust(new OneIdentity(identity)))
        .build();
  }

  private synchronized AdvancedTlsX509TrustManager trust(SslSocketAndEnginePeerVerifier verifier) {
    try {
      AdvancedTlsX509TrustManager trust =
          AdvancedTlsX509TrustManager.newBuilder()
              .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
              .setSslSocketAndEnginePeerVerifier(verifier)
              .build();
      trust.updateTrustCredentials(inForce.trustArray());
      trusting.add(trust);
      return trust;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("this JVM cannot use TLS: " + e.getMessage(), e);
    }
  }

  /** Stops watching; what was read stays in force. */
  @Override
  public void close() {
    reloading.shutdownNow();
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "winnow-tls-reload");
    thread.setDaemon(true);
    return thread;
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
