package io.winnow.e2e.drill;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.winnow.e2e.drill.Asked.Heard;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
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
    Asked longest =
        Asked.bundled().stream().max(Comparator.comparingInt(a -> a.answer().length())).get();

    // Only the one that goes is listed while its clients connect.
    replicas.leave(stays);
    GrpcCaller rpc = opened(new GrpcCaller(replicas.names(), GrpcCaller.ON_LOSS_ONLY));
    HttpCaller kept = opened(new HttpCaller(replicas.names(), Protocol.HTTP_1_1));
    LiveAnswer live = new LiveAnswer();
    rpc.stub().generate(GrpcCaller.request(longest), live);
    live.takeOne();
    assertThat(longest.complaint(kept.ask(longest))).isEmpty();
    double taken = goes.taken();

    replicas.join(stays);
    replicas.leave(goes);
    goes.askToStop();

    // Not ready first, and what a kept connection brings is still answered, for the last time.
    await("it is not ready", () -> !goes.isReady());
    assertThat(longest.complaint(kept.ask(longest))).isEmpty();
    await("it counts the answer", () -> goes.taken() == taken + 1);
    assertThat(longest.complaint(kept.ask(longest))).isEmpty();
    await("the client has moved on", () -> stays.taken() == 1);

    // Then new work is refused, while the answer under way goes on, as slowly as it is read.
    GrpcCaller late = opened(new GrpcCaller(names(goes), GrpcCaller.ON_LOSS_ONLY));
    await("it refuses new work", () -> refuses(late, longest));
    assertThat(goes.isAlive()).isTrue();
    assertThat(live.takeAll()).isEqualTo(longest.answer());
    goes.awaitEnd(grace());
    replicas.forget(goes);
    Heard after = kept.ask(longest);
    assertThat(longest.complaint(after)).isEmpty();
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

  /** An answer that comes as slowly as it is read. */
  private static final class LiveAnswer
      implements ClientResponseObserver<GenerateRequest, GenerateResponse> {

    private final BlockingQueue<Optional<GenerateResponse>> steps = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private volatile ClientCallStreamObserver<GenerateRequest> call;
    private volatile Throwable failure;

    @Override
    public void beforeStart(ClientCallStreamObserver<GenerateRequest> stream) {
      call = stream;
      stream.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(GenerateResponse step) {
      steps.add(Optional.of(step));
    }

    @Override
    public void onError(Throwable thrown) {
      failure = thrown;
      steps.add(Optional.empty());
    }

    @Override
    public void onCompleted() {
      steps.add(Optional.empty());
    }

    /** Up to the first piece of text. */
    void takeOne() throws InterruptedException {
      assertThat(take()).isTrue();
      while (text.isEmpty()) {
        call.request(1);
        assertThat(take()).isTrue();
      }
    }

    /** The whole text, once it has ended well. */
    String takeAll() throws InterruptedException {
      do {
        call.request(1);
      } while (take());
      assertThat(failure).isNull();
      return text.toString();
    }

    private boolean take() throws InterruptedException {
      Optional<GenerateResponse> step = steps.poll(1, TimeUnit.MINUTES);
      if (step == null || step.isEmpty()) {
        assertThat(failure).isNull();
        return false;
      }
      if (step.get().hasDelta()) {
        text.append(step.get().getDelta().getText());
      }
      return true;
    }
  }
}
