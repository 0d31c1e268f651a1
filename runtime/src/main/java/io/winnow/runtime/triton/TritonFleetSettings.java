package io.winnow.runtime.triton;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** The settings under {@code winnow.triton}, the same in each service that runs models. */
public interface TritonFleetSettings {

  /**
   * HOST:PORT[,HOST:PORT] of gRPC; a name that stands for several addresses stands for as many
   * servers. The models run in this process if it is not given.
   */
  Optional<String> endpoints();

  /** How often names are looked up; 10 s. */
  Optional<Duration> refreshInterval();

  /** Times that one answer may be taken up by another server; 3. */
  OptionalInt maxReplays();

  /** How long a server may say nothing of an answer that it works on; 2 min. */
  Optional<Duration> stalledAfter();

  /** How long a server may take for a picture before another is asked; 20 s. */
  Optional<Duration> encodeTimeout();

  /** TLS towards the servers; plain text if it is not given. */
  Optional<Tls> tls();

  /** Settings under {@code winnow.triton.tls}. */
  interface Tls {

    /** PEM file of the authorities that the servers' certificates must chain to. */
    Path trust();

    /** PEM file of this service's certificate chain, for mutual TLS. */
    Optional<Path> certificate();

    /** PEM file of its private key, PKCS #8; given exactly where the certificate is. */
    Optional<Path> key();

    /** Name that the servers' certificates must have; the host of the endpoint. */
    Optional<String> serverName();
  }
}
