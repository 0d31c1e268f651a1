package io.winnow.runtime.mesh;

import io.grpc.ChannelCredentials;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettySslContextChannelCredentials;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.SslSocketAndEnginePeerVerifier;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Certificates that follow their files. In force is what the files held when they were last whole
 * and fitted each other; what is wrong later on is logged and changes nothing. Thread-safe.
 */
public final class FollowedTls {

  private static final System.Logger log = System.getLogger(FollowedTls.class.getName());

  private final TlsMaterial.Source source;
  private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
  private final List<AdvancedTlsX509TrustManager> trusting = new ArrayList<>();
  private TlsMaterial inForce;

  private FollowedTls(TlsMaterial.Source source) throws GeneralSecurityException {
    this.source = source;
    this.inForce = TlsMaterial.read(source);
    takeKey(inForce);
  }

  /**
   * Reads the files of a client that goes by host names.
   *
   * @param what begins the name of a file in messages
   * @param certificate the client's chain, its own first; null: it shows none
   * @param key its private key, PKCS #8; given exactly where the certificate is
   * @param trust authorities; null: those of the JVM
   * @throws IllegalArgumentException if a file is missing or broken; the message names it
   */
  public static FollowedTls ofClient(
      String what, @Nullable Path certificate, @Nullable Path key, @Nullable Path trust) {
    return read(new TlsMaterial.Source(what, certificate, key, trust));
  }

  static FollowedTls read(TlsMaterial.Source source) {
    try {
      return new FollowedTls(source);
    } catch (GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  /** Looks at the files; what is new and whole comes into force, all of it together. */
  public synchronized void reload() {
    try {
      TlsMaterial read = TlsMaterial.read(source);
      if (!read.equals(inForce)) {
        takeKey(read);
        for (AdvancedTlsX509TrustManager trust : trusting) {
          trust.updateTrustCredentials(read.trustArray());
        }
        inForce = read;
        log.log(Level.INFO, "took new files: {0}", read);
      }
    } catch (IllegalArgumentException | IOException | GeneralSecurityException e) {
      log.log(Level.ERROR, "the last good certificates stay in force: {0}", e.getMessage());
    }
  }

  /**
   * Credentials for calls to servers whose certificates must chain to the authorities and have the
   * name that is called. The files are read again for each new connection.
   */
  public ChannelCredentials towardsNames() {
    FreshTrust trust =
        source.trust() == null
            ? null
            : new FreshTrust(trust(Verification.CERTIFICATE_AND_HOST_NAME_VERIFICATION, null));
    FreshKeys shown = source.certificate() == null ? null : new FreshKeys();
    // A resumed session would ask neither of them.
    return NettySslContextChannelCredentials.create(
        new UnresumedSslContext(() -> clientContext(trust, shown)));
  }

  private static SslContext clientContext(@Nullable FreshTrust trust, @Nullable FreshKeys shown) {
    try {
      SslContextBuilder context = GrpcSslContexts.configure(SslContextBuilder.forClient());
      if (trust != null) {
        context.trustManager(trust);
      }
      if (shown != null) {
        context.keyManager(shown);
      }
      return context.build();
    } catch (SSLException e) {
      throw unusable(e);
    }
  }

  AdvancedTlsX509KeyManager keys() {
    return keys;
  }

  /** Checks peers against the authorities in force, and by what else is given. */
  synchronized AdvancedTlsX509TrustManager trust(
      Verification verification, @Nullable SslSocketAndEnginePeerVerifier verifier) {
    try {
      AdvancedTlsX509TrustManager.Builder builder =
          AdvancedTlsX509TrustManager.newBuilder().setVerification(verification);
      if (verifier != null) {
        builder.setSslSocketAndEnginePeerVerifier(verifier);
      }
      AdvancedTlsX509TrustManager trust = builder.build();
      trust.updateTrustCredentials(inForce.trustArray());
      trusting.add(trust);
      return trust;
    } catch (IOException | GeneralSecurityException e) {
      throw unusable(e);
    }
  }

  private void takeKey(TlsMaterial material) throws GeneralSecurityException {
    if (material.key() != null) {
      keys.updateIdentityCredentials(material.chainArray(), material.key());
    }
  }

  private static IllegalStateException unusable(Exception cause) {
    return new IllegalStateException("this JVM cannot use TLS: " + cause.getMessage(), cause);
  }

  /** Reads the files when a server shows its certificate. */
  private final class FreshTrust extends X509ExtendedTrustManager {

    private final X509ExtendedTrustManager inForce;

    FreshTrust(X509ExtendedTrustManager inForce) {
      this.inForce = inForce;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      reload();
      inForce.checkServerTrusted(chain, authType, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      reload();
      inForce.checkServerTrusted(chain, authType, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      inForce.checkServerTrusted(chain, authType); // refuses: no name to check
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
        throws CertificateException {
      inForce.checkClientTrusted(chain, authType, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
        throws CertificateException {
      inForce.checkClientTrusted(chain, authType, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
        throws CertificateException {
      inForce.checkClientTrusted(chain, authType);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return inForce.getAcceptedIssuers();
    }
  }

  /** Reads the files when a server asks for a certificate. */
  private final class FreshKeys extends X509ExtendedKeyManager {

    @Override
    public @Nullable String chooseEngineClientAlias(
        String[] types, Principal @Nullable [] issuers, SSLEngine engine) {
      reload();
      return keys.chooseEngineClientAlias(types, issuers, engine);
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] types, Principal @Nullable [] issuers, Socket socket) {
      reload();
      return keys.chooseClientAlias(types, issuers, socket);
    }

    @Override
    public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
      return keys.getClientAliases(type, issuers);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      return keys.getCertificateChain(alias);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      return keys.getPrivateKey(alias);
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
      return keys.getServerAliases(type, issuers);
    }

    @Override
    public @Nullable String chooseServerAlias(
        String type, Principal @Nullable [] issuers, Socket socket) {
      return keys.chooseServerAlias(type, issuers, socket);
    }
  }
}
