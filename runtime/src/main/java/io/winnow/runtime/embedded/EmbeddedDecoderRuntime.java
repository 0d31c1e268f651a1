package io.winnow.runtime.embedded;

import static java.util.Objects.requireNonNull;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.LayerStepper;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RequestCheck;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.v1.DecoderManifest;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A decoder on ONNX Runtime, with an engine thread of its own. */
final class EmbeddedDecoderRuntime implements DecoderRuntime {

  private final DecoderManifest manifest;
  private final EmbeddedSettings settings;
  private final KvLayout layout;
  private final RequestCheck check;
  private final NativeRuns runs = new NativeRuns();
  private final Intake intake;
  private final Occupancy occupancy;
  private final Thread engine;
  private final Optional<LayerStepper> stepper;
  private final AtomicLong arrivals = new AtomicLong();

  EmbeddedDecoderRuntime(RepositoryModel model, EmbeddedSettings settings) {
    KvElement.check(model);
    this.manifest = model.manifest().getDecoder();
    this.settings = settings;
    this.layout = KvLayout.of(manifest, settings);
    this.check = new RequestCheck(manifest);
    this.intake = new Intake(layout.slots() + settings.maxQueued());
    this.occupancy =
        new Occupancy(
            layout.classes().stream().map(slotClass -> new KvPool(slotClass, manifest)).toList());
    DecoderModel loaded = DecoderModel.load(model, settings.intraOpThreads());
    this.stepper = stepper(loaded);
    this.engine =
        new Thread(new Engine(loaded, intake, runs, occupancy), "winnow-decoder-" + model.name());
    // Not a daemon: a main that ends without close() must not pull ONNX Runtime from under a run.
    engine.setDaemon(false);
    engine.start();
  }

  @Override
  public DecoderManifest manifest() {
    return manifest;
  }

  @Override
  public Generation start(GenerationRequest request, GenerationListener listener) {
    requireNonNull(listener, "listener is null");
    int maxTokens = check.maxTokens(request);
    GenerationHandle handle =
        new GenerationHandle(manifest.getSegmentsCount(), intake::wake, runs::terminate);
    GenerationRequest asked = request;
    if (request.replay().isPresent()) {
      asked = request.withPlan(request.plan().unobserved());
      request.replay().get().exitBefore().ifPresent(next -> handle.resume(next - 1, true));
    }
    LiveGeneration generation =
        new LiveGeneration(
            arrivals.getAndIncrement(),
            asked,
            listener,
            handle,
            new LiveGeneration.Limits(maxTokens, manifest.getLayers()));
    Optional<RuntimeFailure> refusal = tooLarge(generation).or(() -> intake.accept(generation));
    refusal.ifPresent(failure -> Outlet.tellEnd(listener, told -> told.onFailed(failure)));
    return handle;
  }

  @Override
  public Optional<LayerStepper> stepper() {
    return stepper;
  }

  @Override
  public RuntimeLoad load() {
    Occupancy.Seats seats = occupancy.seats();
    int queued = Math.max(0, intake.live() - seats.taken());
    return new RuntimeLoad(
        queued, seats.taken(), layout.slots(), seats.kvBytes(), settings.kvBytesLimit());
  }

  @Override
  public boolean alive() {
    return engine.isAlive();
  }

  @Override
  public boolean drain(Duration timeout) throws InterruptedException {
    return intake.drain(timeout);
  }

  @Override
  public void close() {
    intake.close();
    runs.stop();
    boolean interrupted = false;
    // A listener may close its own runtime: the engine then ends by itself.
    while (engine.isAlive() && Thread.currentThread() != engine) {
      try {
        engine.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Optional<LayerStepper> stepper(DecoderModel loaded) {
    if (loaded.segments().size() != manifest.getLayers()) {
      return Optional.empty();
    }
    return Optional.of(
        prompt -> {
          check.promptAlone(prompt);
          return LayerWalk.ofPrompt(loaded, runs, prompt);
        });
  }

  private Optional<RuntimeFailure> tooLarge(LiveGeneration generation) {
    if (generation.kvTokens() <= layout.largestCapacity()) {
      return Optional.empty();
    }
    boolean classExists =
        layout.classes().stream()
            .anyMatch(slotClass -> slotClass.capacity() >= generation.kvTokens());
    return Optional.of(
        new RuntimeFailure(
            Kind.RESOURCE_EXHAUSTED,
            String.format(
                "prompt and answer need a KV cache of %s tokens, the largest slot holds %s: %s",
                generation.kvTokens(),
                layout.largestCapacity(),
                classExists
                    ? "raise kvBytesLimit (" + settings.kvBytesLimit() + ")"
                    : "add a larger one to capacityClasses")));
  }
}
