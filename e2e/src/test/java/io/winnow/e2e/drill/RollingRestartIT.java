package io.winnow.e2e.drill;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Every replica of every service is replaced while clients ask: as a Deployment does it, a new one
 * first, at a new address, then the old one leaves the name, and ends once it was told to.
 */
class RollingRestartIT {

  private static final Path ROOT = Path.of(System.getProperty("winnow.root"));
  private static final List<Service> SERVICES =
      List.of(Service.ENCODER, Service.PRUNER, Service.DECODER);
  private static final int REPLICAS = 2;
  private static final int HOSTS = 12;
  private static final int CLIENTS = 3;
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

  /** What preStop gives callers to see that a replica has left the name. */
  private static final long LEAVING_MILLIS = 4_000;

  private final List<Replica> running = new ArrayList<>();
  private Path models;
  private Hosts hosts;
  private Names names;
  private Load load;
  private int lastHost;

  @BeforeEach
  void prepare() throws Exception {
    Path folder = Files.createDirectories(ROOT.resolve("e2e/target/drill"));
    models = folder.resolve("models");
    ExportRequest demo = ExportRequest.of(ROOT.resolve("demo-model/checkpoint"), models, "demo");
    if (!Exporter.isUpToDate(demo)) {
      Exporter.export(demo, (file, done, total) -> {});
    }
    hosts = Hosts.create(HOSTS);
    names = new Names(folder.resolve("hosts"));
    load = new Load(names);
  }

  @AfterEach
  void stop() {
    load.close();
    running.forEach(Replica::kill);
    hosts.close();
  }

  @Test
  void losesNoRequestAndGivesNewReplicasTheirShare() throws Exception {
    List<String> embedded = List.of();
    start(SERVICES, REPLICAS, embedded);
    replaceUnderLoad(SERVICES, embedded);
  }

  @Test
  @EnabledIfSystemProperty(
      named = "winnow.triton",
      matches = "true",
      disabledReason = "needs a real Triton: mvn verify -Ptriton fetches one")
  void losesNoRequestWhenTheTritonsAreReplaced() throws Exception {
    Service.installTriton();
    List<String> onTriton =
        List.of(
            "-Dwinnow.triton.endpoints=" + Service.TRITON.target(),
            "-Dwinnow.triton.refresh-interval=1s");
    start(List.of(Service.TRITON), REPLICAS, onTriton);
    start(SERVICES, 1, onTriton);
    replaceUnderLoad(List.of(Service.TRITON), onTriton);
  }

  private void start(List<Service> services, int replicas, List<String> decoderFlags)
      throws Exception {
    List<Replica> started = new ArrayList<>();
    for (Service service : services) {
      for (int i = 0; i < replicas; i++) {
        started.add(launch(service, decoderFlags));
      }
    }
    for (Replica replica : started) {
      join(replica);
    }
  }

  private void replaceUnderLoad(List<Service> services, List<String> decoderFlags)
      throws Exception {
    load.start(CLIENTS);
    for (Service service : services) {
      for (Replica old : running.stream().filter(r -> r.service() == service).toList()) {
        replace(old, launch(service, decoderFlags));
      }
    }
    load.stop();
    assertThat(load.faults()).isEmpty();
    assertThat(load.answered()).isGreaterThan(HOSTS);
  }

  private void replace(Replica old, Replica next) throws Exception {
    join(next);
    awaitTraffic(next);
    names.remove(old.service().dns(), old.address());
    Thread.sleep(LEAVING_MILLIS); // preStop: a pause is what it is, no wait for anything
    old.stop();
    running.remove(old);
  }

  /** Its callers have connections already, and must see it all the same. */
  private void awaitTraffic(Replica next) throws Exception {
    int asked = load.answered();
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (next.taken() == 0) {
      assertThat(System.nanoTime())
          .as("%d questions later, none reached %s", load.answered() - asked, next.address())
          .isLessThan(end);
      Thread.sleep(200);
    }
  }

  private Replica launch(Service service, List<String> decoderFlags) throws Exception {
    List<String> flags = new ArrayList<>();
    flags.add("-XX:TieredStopAtLevel=1");
    flags.add("-XX:+UseSerialGC");
    flags.add("-Xmx300m");
    flags.add(names.jvmFlag());
    if (service != Service.PRUNER) {
      flags.add("-Dwinnow.models=" + models);
    }
    if (service == Service.DECODER) {
      flags.add("-Dwinnow.encoder.target=" + Service.ENCODER.target());
      flags.add("-Dwinnow.pruner.target=" + Service.PRUNER.target());
      flags.addAll(decoderFlags);
    }
    Replica replica = Replica.start(service, hosts, ++lastHost, flags, models);
    running.add(replica);
    return replica;
  }

  private void join(Replica replica) throws Exception {
    replica.awaitReady();
    names.add(replica.service().dns(), replica.address());
  }
}
