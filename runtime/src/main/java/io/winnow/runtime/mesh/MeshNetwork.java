package io.winnow.runtime.mesh;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.netty.NettyServerBuilder;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** How a service takes calls and makes them: in plain text, or with mutual TLS. Thread-safe. */
public final class MeshNetwork implements AutoCloseable {

  private final Optional<Duration> maxConnectionAge;
  private final Optional<MeshTls> tls;
  private final Set<String> callers;

  private MeshNetwork(
      Optional<Duration> maxConnectionAge, Optional<MeshTls> tls, Set<String> callers) {
    this.maxConnectionAge = maxConnectionAge;
    this.tls = tls;
    this.callers = callers;
  }

  /**
   * Reads what the settings name.
   *
   * @throws IllegalArgumentException if a setting is wrong; the message names it
   */
  public static MeshNetwork open(MeshSettings settings) {
    settings.maxConnectionAge().ifPresent(MeshNetwork::requirePositive);
    Set<String> callers = settings.tls().map(MeshSettings.Tls::callers).orElse(Set.of());
    callers.forEach(caller -> MeshIdentity.parse("winnow.mesh.tls.callers", caller));
    return new MeshNetwork(
        settings.maxConnectionAge(), settings.tls().map(MeshNetwork::openTls), callers);
  }

  private static MeshTls openTls(MeshSettings.Tls given) {
    Duration reload = given.reload().orElse(TlsFiles.DEFAULT_RELOAD);
    if (reload.compareTo(TlsFiles.LEAST_RELOAD) < 0) {
      throw new IllegalArgumentException(
          "winnow.mesh.tls.reload is %s, must be at least %s"
              .formatted(reload, TlsFiles.LEAST_RELOAD));
    }
    return MeshTls.open(new TlsFiles(given.certificate(), given.key(), given.trust(), reload));
  }

  private static void requirePositive(Duration age) {
    if (age.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException(
          "winnow.mesh.max-connection-age is %s, must be at least 1 s".formatted(age));
    }
  }

  /** Sets up the server of the gRPC port, which must not have been built. */
  public void serve(NettyServerBuilder server) {
    maxConnectionAge.ifPresent(
        age -> server.maxConnectionAge(age.toMillis(), TimeUnit.MILLISECONDS));
    tls.ifPresent(secure -> secure.secure(server, callers));
  }

  /**
   * Credentials for calls to another service.
   *
   * @param setting the key of the peer's identity, for the message
   * @param identity who the peer must be; needed with TLS
   * @throws IllegalArgumentException if it is missing or no SPIFFE identity
   */
  public ChannelCredentials towards(String setting, Optional<String> identity) {
    identity.ifPresent(given -> MeshIdentity.parse(setting, given));
    if (tls.isEmpty()) {
      return InsecureChannelCredentials.create();
    }
    return tls.get()
        .towards(
            identity.orElseThrow(
                () ->
                    new IllegalArgumentException(
                        setting + " is missing: with winnow.mesh.tls it says who answers there")));
  }

  /** Stops watching the files. */
  @Override
  public void close() {
    tls.ifPresent(MeshTls::close);
  }
}
