package io.winnow.runtime.triton;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.mesh.FollowedTls;
import io.winnow.runtime.mesh.PeerAddresses;
import io.winnow.runtime.replicas.AddressedReplicas;
import io.winnow.runtime.replicas.Replica;
import io.winnow.runtime.replicas.ReplicaSettings;
import io.winnow.runtime.replicas.ReplicatedDecoderRuntime;
import io.winnow.runtime.replicas.ReplicatedEncoderRuntime;
import io.winnow.runtime.triton.client.ChannelSettings;
import io.winnow.runtime.triton.client.TlsSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;

/** All the Tritons of a setting, as one runtime per model. */
public final class TritonFleet {

  /** Of a server that hangs, before it is known to; far above what a large tower takes on a CPU. */
  private static final Duration ENCODE_TIMEOUT = Duration.ofSeconds(20);

  private final PeerAddresses hosts;
  private final Optional<TritonFleetSettings.Tls> tls;
  private final ReplicaSettings replicas;
  private final TritonSettings triton;

  private TritonFleet(
      PeerAddresses hosts,
      Optional<TritonFleetSettings.Tls> tls,
      ReplicaSettings replicas,
      TritonSettings triton) {
    this.hosts = hosts;
    this.tls = tls;
    this.replicas = replicas;
    this.triton = triton;
  }

  /**
   * The fleet of a setting; none where no endpoints are given.
   *
   * @param longestAnswer nothing runs longer on a server
   * @throws IllegalArgumentException if a setting is out of range; the message names it
   */
  public static Optional<TritonFleet> of(TritonFleetSettings settings, Duration longestAnswer) {
    return settings
        .endpoints()
        .map(
            endpoints ->
                new TritonFleet(
                    PeerAddresses.parse("winnow.triton.endpoints", endpoints),
                    settings.tls().map(TritonFleet::checked),
                    replicas(settings),
                    TritonSettings.defaults()
                        .withGeneration(longestAnswer)
                        .withEncode(settings.encodeTimeout().orElse(ENCODE_TIMEOUT))
                        .withComputation(replicas(settings).stalledAfter())));
  }

  /** A decoder on all of them; no server needs to be there yet. */
  public DecoderRuntime decoder(RepositoryModel model) {
    return ReplicatedDecoderRuntime.open(
        model.manifest().getDecoder(),
        new HashSet<>(model.manifest().getPrompt().getEosTokenIdsList()),
        new AddressedReplicas<>(
            hosts,
            InetAddress::getAllByName,
            address -> {
              DecoderRuntime runtime =
                  TritonRuntimes.decoder(
                      model, AddressedReplicas.numeric(address), settings(address));
              return new Replica<>(runtime, runtime::alive);
            }),
        replicas);
  }

  /** A vision tower on all of them; no server needs to be there yet. */
  public EncoderRuntime encoder(RepositoryModel model) {
    return ReplicatedEncoderRuntime.open(
        model.manifest().getVision(),
        new AddressedReplicas<>(
            hosts,
            InetAddress::getAllByName,
            address -> {
              EncoderRuntime runtime =
                  TritonRuntimes.encoder(
                      model, AddressedReplicas.numeric(address), settings(address));
              return new Replica<>(runtime, runtime::alive);
            }),
        replicas);
  }

  private TritonSettings settings(InetSocketAddress address) {
    return tls.map(given -> triton.withChannel(channel(given, address))).orElse(triton);
  }

  /** The connection goes to an address, the certificate is for the name. */
  private static ChannelSettings channel(TritonFleetSettings.Tls given, InetSocketAddress address) {
    TlsSettings tls =
        TlsSettings.trusting(given.trust())
            .withServerName(given.serverName().orElse(address.getHostString()));
    if (given.certificate().isPresent() && given.key().isPresent()) {
      tls = tls.withCertificate(given.certificate().get(), given.key().get());
    }
    return ChannelSettings.defaults().withTls(tls);
  }

  private static TritonFleetSettings.Tls checked(TritonFleetSettings.Tls given) {
    if (given.certificate().isPresent() != given.key().isPresent()) {
      throw new IllegalArgumentException(
          "winnow.triton.tls.certificate and winnow.triton.tls.key must be given together");
    }
    var unused = // what is wrong shows at the start, not at the first picture
        FollowedTls.ofClient(
            "winnow.triton.tls.",
            given.certificate().orElse(null),
            given.key().orElse(null),
            given.trust());
    return given;
  }

  private static ReplicaSettings replicas(TritonFleetSettings settings) {
    ReplicaSettings replicas = ReplicaSettings.defaults();
    if (settings.refreshInterval().isPresent()) {
      replicas = replicas.withRefreshInterval(settings.refreshInterval().get());
    }
    if (settings.maxReplays().isPresent()) {
      replicas = replicas.withMaxReplays(settings.maxReplays().getAsInt());
    }
    if (settings.stalledAfter().isPresent()) {
      replicas = replicas.withStalledAfter(settings.stalledAfter().get());
    }
    return replicas;
  }
}
