package io.winnow.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerAddressesTest {

  private static final Map<String, List<String>> NAMES =
      Map.of("encoder", List.of("10.0.0.2", "10.0.0.1"), "other", List.of("10.0.0.3"));

  @Test
  void areAllThatTheNamesStandFor() throws Exception {
    assertThat(lookUp("encoder:7101, other:7102,10.0.0.9:7103,[::1]:7104"))
        .containsExactly(
            new InetSocketAddress("10.0.0.1", 7101),
            new InetSocketAddress("10.0.0.2", 7101),
            new InetSocketAddress("10.0.0.3", 7102),
            new InetSocketAddress("10.0.0.9", 7103),
            new InetSocketAddress("::1", 7104));
  }

  @Test
  void leaveOutWhatIsUnknownWhileSomethingIsKnown() throws Exception {
    assertThat(lookUp("gone:1,other:2")).containsExactly(new InetSocketAddress("10.0.0.3", 2));
    assertThatThrownBy(() -> lookUp("gone:1,lost:2"))
        .isInstanceOf(UnknownHostException.class)
        .hasMessageContaining("gone");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "host",
        ":7101",
        "host:0",
        "host:65536",
        "host:port",
        "a:1,,b:2",
        "http://host:80"
      })
  void refuseWhatIsNoAddress(String text) {
    assertThatThrownBy(() -> PeerAddresses.parse("winnow.encoder.target", text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("winnow.encoder.target is '%s', must be HOST:PORT[,HOST:PORT]", text);
  }

  private static List<InetSocketAddress> lookUp(String text) throws UnknownHostException {
    return PeerAddresses.parse("target", text).lookUp(PeerAddressesTest::known);
  }

  private static InetAddress[] known(String host) throws UnknownHostException {
    if (host.matches("[0-9.:]+")) {
      return new InetAddress[] {InetAddress.getByName(host)};
    }
    if (!NAMES.containsKey(host)) {
      throw new UnknownHostException(host);
    }
    InetAddress[] found = new InetAddress[NAMES.get(host).size()];
    for (int i = 0; i < found.length; i++) {
      found[i] = InetAddress.getByName(NAMES.get(host).get(i));
    }
    return found;
  }
}
