package io.winnow.e2e.drill;

import io.winnow.modelkit.ExportRequest;
import io.winnow.modelkit.Exporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The replicas of a mesh, each on a host of its own, and the names by which they find each other.
 */
final class Replicas implements AutoCloseable {

  private static final Path RECIPES = Service.ROOT.resolve("demo-model/recipes");

  private final List<Replica> running = new ArrayList<>();
  private final List<String> decoderFlags;
  private final Path models;
  private final Names names;
  private final Hosts hosts;
  private int lastHost;

  /**
   * Starts nothing yet.
   *
   * @param hosts how many replicas there will be in all, those that are replaced included
   * @param decoderFlags further ones of each decoder-svc
   */
  Replicas(int hosts, List<String> decoderFlags) throws IOException {
    Path folder = Files.createDirectories(Service.ROOT.resolve("e2e/target/drill"));
    models = folder.resolve("models");
    ExportRequest demo =
        ExportRequest.of(Service.ROOT.resolve("demo-model/checkpoint"), models, "demo");
    if (!Exporter.isUpToDate(demo)) {
      Exporter.export(demo, (file, done, total) -> {});
    }
    this.decoderFlags = List.copyOf(decoderFlags);
    this.names = new Names(folder.resolve("hosts"));
    this.hosts = Hosts.create(hosts);
  }

  Names names() {
    return names;
  }

  List<Replica> of(Service service) {
    return running.stream().filter(replica -> replica.service() == service).toList();
  }

  /** Starts so many of each, all at once, and waits for them. */
  void start(List<Service> services, int count) throws IOException, InterruptedException {
    List<Replica> started = new ArrayList<>();
    for (Service service : services) {
      for (int i = 0; i < count; i++) {
        started.add(launch(service));
      }
    }
    for (Replica replica : started) {
      join(replica);
    }
  }

  /** Starts one, which is not ready yet. */
  Replica launch(Service service) throws IOException {
    List<String> flags = new ArrayList<>();
    flags.add("-XX:TieredStopAtLevel=1");
    flags.add("-XX:+UseSerialGC");
    flags.add("-Xmx300m");
    flags.add(names.jvmFlag());
    if (service == Service.PRUNER) {
      flags.add("-Dwinnow.pruner.gates.repository=" + models);
      flags.add("-Dwinnow.pruner.recipes.folder=" + RECIPES);
    } else {
      flags.add("-Dwinnow.models=" + models);
    }
    if (service == Service.DECODER) {
      flags.add("-Dwinnow.encoder.target=" + Service.ENCODER.target());
      flags.add("-Dwinnow.pruner.target=" + Service.PRUNER.target());
      // A busy machine must not change what is compared.
      flags.add("-Dwinnow.decoder.plan-timeout=60s");
      flags.add("-Dwinnow.decoder.verdict-timeout=60s");
      flags.addAll(decoderFlags);
    }
    Replica replica = Replica.start(service, hosts, ++lastHost, flags, models);
    running.add(replica);
    return replica;
  }

  /** Waits until it is ready, and lists it. */
  void join(Replica replica) throws IOException, InterruptedException {
    replica.awaitReady();
    names.add(replica.service().dns(), replica.address());
  }

  /** Takes it off the list, the first thing that a cluster does. */
  void leave(Replica replica) throws IOException {
    names.remove(replica.service().dns(), replica.address());
  }

  /** It has ended by itself. */
  void forget(Replica replica) {
    running.remove(replica);
  }

  @Override
  public void close() {
    running.forEach(Replica::kill);
    hosts.close();
  }
}
