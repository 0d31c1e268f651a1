package io.winnow.runtime.triton;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RequestCheck;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.runtime.process.DaemonThreads;
import io.winnow.runtime.triton.client.CallSettings;
import io.winnow.runtime.triton.client.InferStream;
import io.winnow.runtime.triton.client.StreamListener;
import io.winnow.runtime.triton.client.StreamSettings;
import io.winnow.runtime.triton.client.TritonEndpoint;
import io.winnow.v1.DecoderManifest;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A decoder on a Triton server: one stream per generation. All listeners are called on one thread,
 * in the order in which the events arrived, of whatever generation.
 */
final class TritonDecoderRuntime implements DecoderRuntime {

  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final DecoderManifest manifest;
  private final String modelName;
  private final String address;
  private final TritonSettings settings;
  private final DecoderRequests requests;
  private final RequestCheck check;
  private final Population population = new Population();
  private final StartLine line;
  private final ExecutorService events;
  private final ScheduledExecutorService timers;
  private final TritonEndpoint endpoint;
  private final DecoderProbe probe;
  private final String namePrefix = UUID.randomUUID() + "-";
  private final AtomicLong started = new AtomicLong();
  private volatile Optional<Thread> eventThread = Optional.empty();
  private volatile boolean closed;

  TritonDecoderRuntime(RepositoryModel model, String address, TritonSettings settings) {
    this(model, address, settings, settings.probe());
  }

  /** One that pauses between two questions about the server for a time of its own. */
  TritonDecoderRuntime(
      RepositoryModel model, String address, TritonSettings settings, Duration pause) {
    this.manifest = model.manifest().getDecoder();
    this.modelName = model.name() + "-decoder";
    this.address = address;
    this.settings = settings;
    this.requests =
        new DecoderRequests(modelName, model.manifest().getPrompt().getEosTokenIdsList());
    this.check = new RequestCheck(manifest);
    this.line = new StartLine(settings.maxStarting());
    this.events = Executors.newSingleThreadExecutor(this::eventThread);
    ScheduledThreadPoolExecutor pool =
        new ScheduledThreadPoolExecutor(2, daemons("timers")); // probes may block one
    pool.setRemoveOnCancelPolicy(true);
    this.timers = pool;
    this.endpoint = TritonEndpoint.at(address, settings.channel().withExecutor(this::post));
    this.probe =
        new DecoderProbe(
            endpoint,
            requests,
            modelName,
            model.manifest().getCheckpointSha256(),
            settings,
            population::counts);
    probe.run();
    var unused =
        timers.scheduleWithFixedDelay(
            probe, pause.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public DecoderManifest manifest() {
    return manifest;
  }

  @Override
  public Generation start(GenerationRequest request, GenerationListener listener) {
    requireNonNull(listener, "listener is null");
    var unused = check.maxTokens(request);
    TritonGeneration generation =
        new TritonGeneration(namePrefix + started.getAndIncrement(), request, listener, this);
    if (!population.enter(generation)) {
      TritonGeneration.tellEnd(listener, told -> told.onFailed(stopped()));
    } else if (!line.join(generation)) {
      generation.fail(
          new RuntimeFailure(
              Kind.RESOURCE_EXHAUSTED,
              settings.maxStarting() + " generations wait to be sent to the Triton at " + address));
    }
    return generation;
  }

  @Override
  public RuntimeLoad load() {
    Population.Counts counts = population.counts();
    DecoderProbe.State server = probe.state();
    return new RuntimeLoad(
        counts.queued(),
        counts.running(),
        server.slots(),
        counts.kvBytes(),
        server.kvBytesLimit(),
        server.others());
  }

  @Override
  public boolean alive() {
    return !closed && serving();
  }

  /** Whether the decoder on the server answered when it was asked last. */
  boolean serving() {
    return probe.state().serving();
  }

  @Override
  public boolean drain(Duration timeout) throws InterruptedException {
    population.shut();
    return population.awaitEmpty(timeout);
  }

  @Override
  public void close() {
    boolean first = !closed;
    closed = true;
    population.shut();
    boolean fromListener = eventThread.filter(Thread.currentThread()::equals).isPresent();
    if (fromListener) {
      // Nothing arrives while the event thread is here: tell them now.
      population.live().forEach(generation -> generation.fail(stopped()));
    } else {
      population.live().forEach(generation -> generation.close(stopped()));
      awaitEmpty(settings.close());
    }
    if (first) {
      endpoint.close();
    }
    if (!fromListener) {
      awaitEmpty(LAST_WORDS);
    }
    population.live().forEach(generation -> generation.fail(stopped()));
    timers.shutdownNow();
    events.shutdown();
  }

  String address() {
    return address;
  }

  String modelName() {
    return modelName;
  }

  TritonSettings settings() {
    return settings;
  }

  DecoderRequests requests() {
    return requests;
  }

  DecoderProbe probe() {
    return probe;
  }

  Population population() {
    return population;
  }

  RuntimeFailure stopped() {
    return new RuntimeFailure(
        Kind.UNAVAILABLE, "the runtime for the Triton at " + address + " is stopping");
  }

  /**
   * Fails what was to be sent: behind one that a server does not answer, each would wait as long.
   */
  void failWaiting(RuntimeFailure failure) {
    line.leave().forEach(generation -> generation.fail(failure));
  }

  /** A live stream was lost: what the server said of itself before is worth nothing now. */
  void streamLost(RuntimeFailure failure) {
    if (failure.kind() == Kind.UNAVAILABLE && probe.doubt(failure.message()) && !closed) {
      timers.execute(probe);
    }
  }

  /** The server has queued or refused a generation: the next one may be sent. */
  void startAnswered(TritonGeneration generation) {
    line.answered(generation);
  }

  /**
   * Opens a generation's stream. Whatever call this thread serves just now has nothing to do with
   * it: that one's end must not cancel it.
   *
   * @throws IllegalStateException if the runtime is closed
   */
  InferStream openStream(Optional<String> traceparent, StreamListener listener) {
    CallSettings call = CallSettings.within(settings.generation());
    StreamSettings stream =
        new StreamSettings(
            traceparent.map(call::withTraceparent).orElse(call),
            StreamSettings.UNLIMITED, // the generation's credit bounds what comes
            modelName);
    Context previous = Context.ROOT.attach();
    try {
      return endpoint.openStream(stream, listener);
    } finally {
      Context.ROOT.detach(previous);
    }
  }

  /** Runs something on the event thread after a time, unless it is cancelled. */
  Future<?> after(Duration time, Runnable task) {
    return timers.schedule(() -> post(task), time.toNanos(), TimeUnit.NANOSECONDS);
  }

  void onEventThread(Runnable task) {
    post(task);
  }

  private void post(Runnable task) {
    try {
      events.execute(task);
    } catch (RejectedExecutionException e) {
      task.run(); // closed: all that is left is gRPC's own tidying up
    }
  }

  private void awaitEmpty(Duration timeout) {
    try {
      var unused = population.awaitEmpty(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // goes on to cancel what is left
    }
  }

  private Thread eventThread(Runnable loop) {
    Thread thread = daemons("events").newThread(loop);
    eventThread = Optional.of(thread);
    return thread;
  }

  private ThreadFactory daemons(String role) {
    return DaemonThreads.named("winnow-triton-" + role + "-" + modelName);
  }
}
