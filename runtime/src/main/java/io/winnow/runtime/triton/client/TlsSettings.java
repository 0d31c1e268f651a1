package io.winnow.runtime.triton.client;

import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a channel. Files are PEM; they are read at once and again for each new connection, so that
 * they may be renewed at any time. What is broken then is logged, and the last good ones count.
 *
 * @param authorities certificates that a server's must chain to; null: those of the JVM
 * @param certificate the client's chain, for mutual TLS; null: none is shown
 * @param key the client's private key (PKCS #8); given exactly where {@code certificate} is
 * @param serverName name that the server's certificate must have; null: the host of the address
 */
public record TlsSettings(
    @Nullable Path authorities,
    @Nullable Path certificate,
    @Nullable Path key,
    @Nullable String serverName) {

  public TlsSettings {
    if ((certificate == null) != (key == null)) {
      throw new IllegalArgumentException("certificate and key must be given together");
    }
  }

  /** The JVM's authorities, no client certificate. */
  public static TlsSettings system() {
    return new TlsSettings(null, null, null, null);
  }

  /** One file of authorities, no client certificate. */
  public static TlsSettings trusting(Path authorities) {
    return new TlsSettings(Objects.requireNonNull(authorities), null, null, null);
  }

  /** Shows a client certificate: mutual TLS. */
  public TlsSettings withCertificate(Path chain, Path privateKey) {
    return new TlsSettings(authorities, chain, privateKey, serverName);
  }

  /** Expects another name in the server's certificate than the address's host. */
  public TlsSettings withServerName(String name) {
    return new TlsSettings(authorities, certificate, key, name);
  }
}
