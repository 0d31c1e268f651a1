package io.winnow.runtime.mesh;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** The settings under {@code winnow.mesh}, the same in each service. */
public interface MeshSettings {

  /**
   * How long a client's connection to the gRPC port may live; calls on it end first. Makes clients
   * that look names up at a connect only see new replicas. Unbounded if it is not given.
   */
  Optional<Duration> maxConnectionAge();

  /** Mutual TLS on the gRPC port and towards other services; plain text if it is not given. */
  Optional<Tls> tls();

  /** Settings under {@code winnow.mesh.tls}. */
  interface Tls {

    /** PEM file of the service's certificate chain. */
    Path certificate();

    /** PEM file of its private key, PKCS #8. */
    Path key();

    /** PEM file of the authorities that peers are checked against. */
    Path trust();

    /** How often the files are looked at; a minute. */
    Optional<Duration> reload();

    /** SPIFFE identities that may call this service. */
    Set<String> callers();
  }
}
