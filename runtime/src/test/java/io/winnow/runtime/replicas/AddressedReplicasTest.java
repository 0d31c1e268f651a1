package io.winnow.runtime.replicas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.runtime.mesh.PeerAddresses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Hosts and what they stand for. */
class AddressedReplicasTest {

  private final Map<String, InetAddress[]> names = new HashMap<>();
  private final List<InetSocketAddress> opened = new ArrayList<>();
  private final AddressedReplicas<AutoCloseable> source =
      new AddressedReplicas<>(
          PeerAddresses.parse("winnow.triton.endpoints", "triton.models:8001,spare:8002"),
          this::addresses,
          address -> {
            opened.add(address);
            return new Replica<>(() -> {}, () -> true);
          });

  @Test
  void everyAddressOfEveryNameIsAReplica() throws IOException {
    names.put("triton.models", new InetAddress[] {ip("triton.models", 1), ip("triton.models", 2)});
    names.put("spare", new InetAddress[] {ip("spare", 9)});

    assertThat(source.names()).containsExactly("10.0.0.1:8001", "10.0.0.2:8001", "10.0.0.9:8002");

    source.open("10.0.0.2:8001");
    assertThat(opened.get(0).getHostString()).as("for TLS").isEqualTo("triton.models");
  }

  @Test
  void whatIsLookedUpAnewReplacesWhatWasThere() throws IOException {
    names.put("spare", new InetAddress[] {ip("spare", 9)});
    source.names();
    names.put("spare", new InetAddress[] {ip("spare", 8)});

    assertThat(source.names()).containsExactly("10.0.0.8:8002");
    assertThatThrownBy(() -> source.open("10.0.0.9:8002"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void namesThatNobodyKnowsAreAProblem() {
    assertThatThrownBy(source::names)
        .isInstanceOf(UnknownHostException.class)
        .hasMessageContaining("triton.models");
  }

  @Test
  void addressesOfTheNewKindAreInBrackets() throws IOException {
    byte[] loopback = new byte[16];
    loopback[15] = 1;
    names.put("spare", new InetAddress[] {InetAddress.getByAddress("spare", loopback)});

    assertThat(source.names()).containsExactly("[0:0:0:0:0:0:0:1]:8002");
  }

  private InetAddress[] addresses(String host) throws UnknownHostException {
    InetAddress[] known = names.get(host);
    if (known == null) {
      throw new UnknownHostException(host);
    }
    return known;
  }

  private static InetAddress ip(String host, int last) throws UnknownHostException {
    return InetAddress.getByAddress(host, new byte[] {10, 0, 0, (byte) last});
  }
}
