package io.winnow.runtime.mesh;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Where the replicas of a service are: {@code HOST:PORT[,HOST:PORT...]}, in which a host may be a
 * name that stands for several addresses, as a headless Kubernetes service is.
 *
 * @param hosts without an address yet, at least one
 */
public record PeerAddresses(List<InetSocketAddress> hosts) {

  private static final int MAX_PORT = 65_535;

  public PeerAddresses {
    hosts = List.copyOf(hosts);
  }

  /**
   * Reads a setting.
   *
   * @throws IllegalArgumentException if it is none; the message names the setting
   */
  public static PeerAddresses parse(String setting, String text) {
    List<InetSocketAddress> hosts = new ArrayList<>();
    for (String host : text.split(",", -1)) {
      hosts.add(host(setting, text, host.strip()));
    }
    return new PeerAddresses(hosts);
  }

  private static InetSocketAddress host(String setting, String text, String host) {
    int colon = host.lastIndexOf(':');
    String name = host.substring(0, Math.max(colon, 0)).replaceAll("^\\[(.*)]$", "$1");
    int port = port(host.substring(colon + 1));
    if (name.isEmpty() || name.contains("/") || port < 1) {
      throw new IllegalArgumentException(
          "%s is '%s', must be HOST:PORT[,HOST:PORT]".formatted(setting, text));
    }
    return InetSocketAddress.createUnresolved(name, port);
  }

  private static int port(String digits) {
    if (!digits.matches("[0-9]{1,5}")) {
      return 0;
    }
    int port = Integer.parseInt(digits);
    return port <= MAX_PORT ? port : 0;
  }

  /** The first host, as a call's authority. */
  String authority() {
    return hosts.get(0).getHostString() + ":" + hosts.get(0).getPort();
  }

  /**
   * Looks all hosts up, in the calling thread.
   *
   * @return every address once, in an order that depends on nothing but the addresses
   * @throws UnknownHostException if not one of the hosts is known
   */
  public List<InetSocketAddress> lookUp(Lookup lookup) throws UnknownHostException {
    Set<InetSocketAddress> found = new LinkedHashSet<>();
    UnknownHostException unknown = new UnknownHostException(hosts + ": none of them is known");
    for (InetSocketAddress host : hosts) {
      try {
        Arrays.stream(lookup.addresses(host.getHostString()))
            .map(address -> new InetSocketAddress(address, host.getPort()))
            .forEach(found::add);
      } catch (UnknownHostException e) {
        unknown.addSuppressed(e);
      }
    }
    if (found.isEmpty()) {
      throw unknown;
    }
    return found.stream().sorted(Comparator.comparing(InetSocketAddress::toString)).toList();
  }

  /** The system's resolver, or a test's. */
  @FunctionalInterface
  public interface Lookup {

    /**
     * The addresses of a name, at least one.
     *
     * @throws UnknownHostException if it has none
     */
    InetAddress[] addresses(String host) throws UnknownHostException;
  }
}
