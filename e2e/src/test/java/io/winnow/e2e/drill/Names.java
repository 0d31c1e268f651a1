package io.winnow.e2e.drill;

import io.winnow.runtime.mesh.PeerAddresses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Stands for a cluster's DNS: a name has the addresses of the replicas that are ready. Services
 * read it from a hosts file, which the JVM looks up instead of the system's resolver.
 */
final class Names implements PeerAddresses.Lookup {

  private final Path file;
  private final Map<String, List<String>> addresses = new TreeMap<>();

  Names(Path file) {
    this.file = file;
  }

  String jvmFlag() {
    return "-Djdk.net.hosts.file=" + file;
  }

  synchronized void add(String name, String address) throws IOException {
    addresses.computeIfAbsent(name, unused -> new ArrayList<>()).add(address);
    write();
  }

  synchronized void remove(String name, String address) throws IOException {
    addresses.getOrDefault(name, new ArrayList<>()).remove(address);
    write();
  }

  private void write() throws IOException {
    StringBuilder lines = new StringBuilder();
    addresses.forEach(
        (name, all) -> all.forEach(address -> lines.append(address + " " + name + "\n")));
    Path next = Files.writeString(file.resolveSibling("hosts.next"), lines.toString());
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public synchronized InetAddress[] addresses(String host) throws UnknownHostException {
    List<InetAddress> found = new ArrayList<>();
    for (String address : addresses.getOrDefault(host, List.of())) {
      found.add(InetAddress.getByName(address));
    }
    if (found.isEmpty()) {
      throw new UnknownHostException(host);
    }
    return found.toArray(InetAddress[]::new);
  }
}
