package io.winnow.runtime.mesh;

import java.net.InetAddress;
import java.time.Duration;

/**
 * The replicas of a service as the target of a gRPC channel: looked up anew every {@link #REFRESH},
 * so that one that is added gets calls within seconds. The JVM keeps addresses of its own for half
 * a minute; a service that wants less sets {@code networkaddress.cache.ttl}.
 */
public final class PeerTarget implements AutoCloseable {

  /** How often names are looked up. */
  public static final Duration REFRESH = Duration.ofSeconds(2);

  private final String uri;

  private PeerTarget(String uri) {
    this.uri = uri;
  }

  /**
   * Reads a setting.
   *
   * @param text HOST:PORT[,HOST:PORT], or a gRPC target with a scheme, which gRPC looks up itself
   * @throws IllegalArgumentException if it is neither; the message names the setting
   */
  public static PeerTarget parse(String setting, String text) {
    return text.contains(":///")
        ? new PeerTarget(text)
        : of(PeerAddresses.parse(setting, text), InetAddress::getAllByName, REFRESH);
  }

  /** A target whose names are looked up in a way of one's own. */
  public static PeerTarget of(
      PeerAddresses addresses, PeerAddresses.Lookup lookup, Duration refresh) {
    return new PeerTarget(PeerResolver.register(addresses, lookup, refresh));
  }

  /** What a channel builder takes. */
  public String uri() {
    return uri;
  }

  /** Once the channel is closed. */
  @Override
  public void close() {
    PeerResolver.unregister(uri);
  }
}
