package io.winnow.e2e.drill;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.winnow.e2e.drill.Asked.Heard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Protocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A decoder that an autoscaler takes away, with the settings of k8s/base but for one: the time that
 * clients have to leave is cut short.
 */
class ScaleInIT {

  private static final Path K8S = Service.ROOT.resolve("k8s/base");
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);
  private static final String LEAVING = "-Dquarkus.shutdown.delay=10s";

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  @Test
  void neverCutsALiveAnswer() throws Exception {
    Replicas replicas = new Replicas(4, flags());
    open.add(replicas);
    replicas.start(List.of(Service.ENCODER, Service.PRUNER), 1);
    replicas.start(List.of(Service.DECODER), 2);
    Replica stays = replicas.of(Service.DECODER).get(0);
    Replica goes = replicas.of(Service.DECODER).get(1);
    Replica encoder = replicas.of(Service.ENCODER).get(0);
    Asked picture = Asked.bundled().get(0);

    // Only the one that goes is listed while its clients connect.
    replicas.leave(stays);
    GrpcCaller rpc = opened(new GrpcCaller(replicas.names(), GrpcCaller.ON_LOSS_ONLY));
    HttpCaller kept = opened(new HttpCaller(replicas.names(), Protocol.HTTP_1_1));
    Asked words = Asked.words(kept);
    // An answer that is under way for as long as this test likes: its picture is not encoded yet.
    encoder.sleep();
    CompletableFuture<Heard> live = CompletableFuture.supplyAsync(() -> rpc.ask(picture));
    await("the answer is under way", () -> goes.live() == 1);
    double taken = goes.taken();

    replicas.join(stays);
    replicas.leave(goes);
    goes.askToStop();

    // Not ready first, and what a kept connection brings is still answered, for the last time.
    await("it is not ready", () -> !goes.isReady());
    assertThat(words.complaint(kept.ask(words))).isEmpty();
    await("it counts the answer", () -> goes.taken() == taken + 1);
    assertThat(words.complaint(kept.ask(words))).isEmpty();
    await("the client has moved on", () -> stays.taken() == 1);

    // Then new work is refused, while the answer under way goes on, for as long as it takes.
    GrpcCaller late = opened(new GrpcCaller(names(goes), GrpcCaller.ON_LOSS_ONLY));
    await("it refuses new work", () -> refuses(late, words));
    assertThat(live).isNotDone();
    assertThat(goes.isAlive()).isTrue();
    encoder.wake();
    assertThat(picture.complaint(live.get(1, TimeUnit.MINUTES))).isEmpty();
    goes.awaitEnd(grace());
    replicas.forget(goes);
    assertThat(picture.complaint(kept.ask(picture))).isEmpty();
  }

  private <T extends AutoCloseable> T opened(T caller) {
    open.add(caller);
    return caller;
  }

  private static Names names(Replica only) throws IOException {
    Names names = new Names(Files.createTempFile("drill", "hosts"));
    names.add(Service.DECODER.dns(), only.address());
    return names;
  }

  private static boolean refuses(GrpcCaller caller, Asked asked) {
    try {
      caller.ask(asked);
      return false;
    } catch (StatusRuntimeException refused) {
      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      return true;
    }
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(String what, Condition condition) throws Exception {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time, %s", what).isLessThan(end);
    }
  }

  /** What the manifest sets, but for addresses, folders and sizes of another machine. */
  private static List<String> flags() throws IOException {
    Properties settings = new Properties();
    try (var in = Files.newInputStream(K8S.resolve("settings/decoder-svc.properties"))) {
      settings.load(in);
    }
    List<String> flags = new ArrayList<>();
    settings.stringPropertyNames().stream()
        .filter(key -> key.contains("timeout") || key.contains("max-connection-age"))
        .sorted()
        .forEach(key -> flags.add("-D" + key + "=" + settings.getProperty(key)));
    assertThat(flags).hasSizeGreaterThanOrEqualTo(5);
    flags.add(LEAVING);
    return flags;
  }

  /** The manifest's. */
  private static Duration grace() throws IOException {
    Matcher found =
        Pattern.compile("terminationGracePeriodSeconds: (\\d+)")
            .matcher(Files.readString(K8S.resolve("decoder-svc.yaml")));
    assertThat(found.find()).isTrue();
    return Duration.ofSeconds(Long.parseLong(found.group(1)));
  }
}
