package io.winnow.e2e.drill;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.e2e.drill.Asked.Caller;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Protocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Every replica of every service is replaced while clients ask: as a Deployment does it, a new one
 * first, at a new address, then the old one leaves the name, and ends once it was told to. Clients
 * look names up often, or only when their connection is closed, by gRPC, HTTP/1.1 and HTTP/2; every
 * second question is pruned by recipe, by gates or as a baseline.
 */
class RollingRestartIT {

  private static final List<Service> SERVICES =
      List.of(Service.ENCODER, Service.PRUNER, Service.DECODER);
  private static final int REPLICAS = 2;
  private static final int HOSTS = 12;
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

  /** What preStop gives callers to see that a replica has left the name. */
  private static final long LEAVING_MILLIS = 4_000;

  /** As k8s/base/settings has them, but for the lengths: a stop answers on while clients leave. */
  private static final List<String> LEAVING =
      List.of("-Dquarkus.shutdown.delay=5s", "-Dwinnow.mesh.max-connection-age=2s");

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  @Test
  void losesNoRequestAndGivesNewReplicasTheirShare() throws Exception {
    Replicas replicas = replicas(LEAVING);
    replicas.start(SERVICES, REPLICAS);
    replaceUnderLoad(replicas, SERVICES);
  }

  @Test
  @EnabledIfSystemProperty(
      named = "winnow.triton",
      matches = "true",
      disabledReason = "needs a real Triton: mvn verify -Ptriton fetches one")
  void losesNoRequestWhenTritonsAndDecodersAreReplaced() throws Exception {
    Service.installTriton();
    List<String> onTriton = new ArrayList<>(LEAVING);
    onTriton.add("-Dwinnow.triton.endpoints=" + Service.TRITON.target());
    onTriton.add("-Dwinnow.triton.refresh-interval=1s");
    Replicas replicas = replicas(onTriton);
    replicas.start(List.of(Service.TRITON), REPLICAS);
    replicas.start(List.of(Service.ENCODER, Service.PRUNER), 1);
    replicas.start(List.of(Service.DECODER), REPLICAS);
    replaceUnderLoad(replicas, List.of(Service.TRITON, Service.DECODER));
  }

  private Replicas replicas(List<String> decoderFlags) throws Exception {
    Replicas replicas = new Replicas(HOSTS, decoderFlags);
    open.add(replicas);
    return replicas;
  }

  private void replaceUnderLoad(Replicas replicas, List<Service> services) throws Exception {
    Names names = replicas.names();
    Caller often = new GrpcCaller(names, GrpcCaller.OFTEN);
    Map<String, Caller> callers =
        Map.of(
            "grpc", often,
            "grpc-kept", new GrpcCaller(names, GrpcCaller.ON_LOSS_ONLY),
            "http1-kept", new HttpCaller(names, Protocol.HTTP_1_1),
            "http2-kept", new HttpCaller(names, Protocol.H2_PRIOR_KNOWLEDGE));
    Load load = new Load(Asked.mixed(often), callers);
    open.add(load);
    load.start();
    for (Service service : services) {
      for (Replica old : replicas.of(service)) {
        replace(replicas, load, old);
      }
    }
    load.stop();
    assertThat(load.faults()).isEmpty();
    assertThat(load.answeredByClient()).hasSameSizeAs(callers);
    assertThat(load.answeredByClient().values())
        .extracting(AtomicInteger::get)
        .allMatch(n -> n > HOSTS);
  }

  private static void replace(Replicas replicas, Load load, Replica old) throws Exception {
    Replica next = replicas.launch(old.service());
    replicas.join(next);
    awaitTraffic(load, next);
    replicas.leave(old);
    if (old.service() != Service.DECODER) {
      Thread.sleep(LEAVING_MILLIS); // preStop: a pause is what it is, no wait for anything
    }
    old.stop();
    replicas.forget(old);
  }

  /** Its callers have connections already, and must see it all the same. */
  private static void awaitTraffic(Load load, Replica next) throws Exception {
    int asked = load.answered();
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!takes(next)) {
      assertThat(System.nanoTime())
          .as("%d questions later, none reached %s", load.answered() - asked, next.address())
          .isLessThan(end);
      Thread.sleep(200);
    }
  }

  /** A Triton opens the port of its metrics a moment after it is ready. */
  private static boolean takes(Replica replica) throws IOException {
    try {
      return replica.taken() > 0;
    } catch (ConnectException e) {
      return false;
    }
  }
}
