package io.winnow.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real servers on loopback addresses of their own, and a name whose addresses change. */
class PeerTargetTest {

  private static final Duration REFRESH = Duration.ofMillis(20);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final List<Server> servers = new ArrayList<>();
  private volatile List<String> addresses = List.of();
  private int port;

  @AfterEach
  void stop() {
    servers.forEach(Server::shutdownNow);
  }

  @Test
  void sendsCallsToAReplicaThatIsAdded() throws Exception {
    replica("127.0.0.1");
    addresses = List.of("127.0.0.1");
    try (PeerTarget target = target()) {
      ManagedChannel channel = channel(target);
      assertThat(CallerName.ask(channel)).isEqualTo("127.0.0.1");
      replica("127.0.0.2");
      addresses = List.of("127.0.0.1", "127.0.0.2");
      Set<String> heard = new HashSet<>();
      askUntil(channel, heard, names -> names.size() == 2);
      assertThat(heard).containsExactlyInAnyOrder("127.0.0.1", "127.0.0.2");
      channel.shutdownNow();
    }
  }

  @Test
  void leavesAReplicaThatIsGoneFromTheNameThoughItStillAnswers() throws Exception {
    replica("127.0.0.1");
    replica("127.0.0.2");
    addresses = List.of("127.0.0.1");
    try (PeerTarget target = target()) {
      ManagedChannel channel = channel(target);
      assertThat(CallerName.ask(channel)).isEqualTo("127.0.0.1");
      addresses = List.of("127.0.0.2");
      Set<String> heard = new HashSet<>();
      askUntil(channel, heard, names -> names.contains("127.0.0.2"));
      for (int i = 0; i < 8; i++) {
        assertThat(CallerName.ask(channel)).isEqualTo("127.0.0.2");
      }
      channel.shutdownNow();
    }
  }

  @Test
  void keepsItsReplicasWhileNamesCannotBeLookedUp() throws Exception {
    replica("127.0.0.1");
    addresses = List.of("127.0.0.1");
    try (PeerTarget target = target()) {
      ManagedChannel channel = channel(target);
      assertThat(CallerName.ask(channel)).isEqualTo("127.0.0.1");
      addresses = List.of();
      for (int i = 0; i < 8; i++) {
        assertThat(CallerName.ask(channel)).isEqualTo("127.0.0.1");
      }
      channel.shutdownNow();
    }
  }

  @Test
  void saysWhichNameIsUnknownAndFindsItLater() throws Exception {
    replica("127.0.0.1");
    try (PeerTarget target = target()) {
      ManagedChannel channel = channel(target);
      assertThatThrownBy(() -> CallerName.ask(channel))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              failure -> {
                assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(failure).hasMessageContaining("no address of peers:" + port);
              });
      addresses = List.of("127.0.0.1");
      Set<String> heard = new HashSet<>();
      askUntil(channel, heard, names -> names.contains("127.0.0.1"));
      assertThat(heard).containsExactly("127.0.0.1");
      channel.shutdownNow();
    }
  }

  private void replica(String address) throws Exception {
    Server server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(address, port), InsecureServerCredentials.create())
            .addService(CallerName.answering(address))
            .build()
            .start();
    servers.add(server);
    port = server.getPort();
  }

  private PeerTarget target() {
    return PeerTarget.of(PeerAddresses.parse("target", "peers:" + port), this::lookUp, REFRESH);
  }

  private static ManagedChannel channel(PeerTarget target) {
    return Grpc.newChannelBuilder(target.uri(), InsecureChannelCredentials.create())
        .defaultLoadBalancingPolicy("round_robin")
        .build();
  }

  private static void askUntil(
      ManagedChannel channel, Set<String> heard, Predicate<Set<String>> enough) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!enough.test(heard) && System.nanoTime() < end) {
      try {
        heard.add(CallerName.ask(channel));
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      }
    }
  }

  private InetAddress[] lookUp(String host) throws UnknownHostException {
    if (addresses.isEmpty()) {
      throw new UnknownHostException(host);
    }
    List<InetAddress> found = new ArrayList<>();
    for (String address : addresses) {
      found.add(InetAddress.getByName(address));
    }
    return found.toArray(InetAddress[]::new);
  }
}
