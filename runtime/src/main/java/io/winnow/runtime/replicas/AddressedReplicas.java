package io.winnow.runtime.replicas;

import io.winnow.runtime.mesh.PeerAddresses;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A replica for every address of some hosts: a name that stands for several addresses, as a
 * headless Kubernetes service is, stands for as many replicas.
 */
public final class AddressedReplicas<R extends AutoCloseable> implements ReplicaSource<R> {

  private final PeerAddresses hosts;
  private final PeerAddresses.Lookup lookup;
  private final Function<InetSocketAddress, Replica<R>> opener;
  private final Map<String, InetSocketAddress> found = new ConcurrentHashMap<>(); // by name

  /**
   * A source.
   *
   * @param opener gets a resolved address that remembers the host's name
   */
  public AddressedReplicas(
      PeerAddresses hosts,
      PeerAddresses.Lookup lookup,
      Function<InetSocketAddress, Replica<R>> opener) {
    this.hosts = hosts;
    this.lookup = lookup;
    this.opener = opener;
  }

  @Override
  public Set<String> names() throws IOException {
    Map<String, InetSocketAddress> addresses = new TreeMap<>();
    for (InetSocketAddress address : hosts.lookUp(lookup)) {
      addresses.put(numeric(address), address);
    }
    found.keySet().retainAll(addresses.keySet());
    found.putAll(addresses);
    return addresses.keySet();
  }

  @Override
  public Replica<R> open(String name) {
    InetSocketAddress address = found.get(name);
    if (address == null) {
      throw new IllegalArgumentException("nobody looked " + name + " up");
    }
    return opener.apply(address);
  }

  /** An address as gRPC takes it: never looked up again. */
  public static String numeric(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }
}
