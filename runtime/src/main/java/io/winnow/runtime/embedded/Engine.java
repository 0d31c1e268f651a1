package io.winnow.runtime.embedded;

import ai.onnxruntime.OrtException;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.LogitRow;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampler;
import io.winnow.runtime.embedded.LiveGeneration.Seat;
import io.winnow.runtime.embedded.LiveGeneration.Stage;
import io.winnow.runtime.embedded.StepScheduler.Action;
import io.winnow.runtime.embedded.StepScheduler.Phase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The loop of the engine thread: looks at what callers want, asks the scheduler, does it. All state
 * of the generations belongs to this thread; callers reach it through {@link Intake} and {@link
 * GenerationHandle}.
 */
final class Engine implements Runnable {

  private final DecoderModel model;
  private final Intake intake;
  private final NativeRuns runs;
  private final Occupancy occupancy;
  private final PoolDecoders decoders;
  private final Outlet outlet;
  private final List<LiveGeneration> live = new ArrayList<>(); // by arrival, queued ones included
  private boolean prefillRanLast;

  Engine(DecoderModel model, Intake intake, NativeRuns runs, Occupancy occupancy) {
    this.model = model;
    this.intake = intake;
    this.runs = runs;
    this.occupancy = occupancy;
    this.decoders = new PoolDecoders(model, occupancy.pools());
    this.outlet = new Outlet(intake, occupancy);
  }

  @Override
  public void run() {
    try {
      boolean rest = false;
      Optional<List<LiveGeneration>> arrivals = intake.take(false);
      while (arrivals.isPresent()) {
        live.addAll(arrivals.get());
        endClosed();
        drawFirstTokens();
        live.removeIf(LiveGeneration::ended);
        rest = !act(StepScheduler.next(state()));
        live.removeIf(LiveGeneration::ended);
        arrivals = intake.take(rest);
      }
    } finally {
      stop();
    }
  }

  private void stop() {
    // Closed already, unless an Error ends the engine: nobody may wait at a door without a host.
    intake.close();
    live.addAll(intake.takeRest());
    endClosed();
    RuntimeFailure stopped =
        new RuntimeFailure(Kind.UNAVAILABLE, "the embedded runtime was closed: ask another one");
    live.forEach(generation -> outlet.fail(generation, stopped));
    live.clear();
    runs.stop(); // passes for calibration use the same sessions
    decoders.close();
    occupancy.pools().forEach(KvPool::close);
    model.close();
  }

  private void endClosed() {
    for (LiveGeneration generation : live) {
      if (!generation.ended() && generation.handle().closed()) {
        outlet.fail(generation, new RuntimeFailure(Kind.CANCELLED, "the generation was closed"));
      }
    }
  }

  /** The logits of a prefill wait for credit, then need no computation. */
  private void drawFirstTokens() {
    for (LiveGeneration generation : live) {
      if (generation.stage() instanceof Stage.Decoding decoding
          && decoding.answer().firstRow().isPresent()
          && generation.canDecode()) {
        next(generation, decoding.answer().firstRow().get());
      }
    }
  }

  private StepScheduler.State state() {
    List<StepScheduler.Waiting> queued = new ArrayList<>();
    List<StepScheduler.Running> running = new ArrayList<>();
    for (LiveGeneration generation : live) {
      if (generation.stage() instanceof Stage.Queued) {
        queued.add(new StepScheduler.Waiting(generation.id(), generation.kvTokens()));
      } else {
        running.add(new StepScheduler.Running(generation.id(), phase(generation)));
      }
    }
    List<StepScheduler.CapacityClass> classes =
        occupancy.pools().stream()
            .map(pool -> new StepScheduler.CapacityClass(pool.capacity(), pool.freeSlots()))
            .toList();
    return new StepScheduler.State(queued, running, classes, prefillRanLast);
  }

  private static Phase phase(LiveGeneration generation) {
    if (generation.stage() instanceof Stage.Prefilling prefilling) {
      int reached = prefilling.prefill().nextSegment() - 1;
      boolean waits =
          generation.request().plan().blocking()
              && generation.request().plan().observedSegments().contains(reached)
              && !generation.handle().answered(reached);
      return waits ? Phase.PREFILL_WAITING : Phase.PREFILL_READY;
    }
    // Credit that comes after the turn's first tokens were drawn does not make up for a first
    // token.
    boolean begun = generation.answer().firstRow().isEmpty();
    return begun && generation.canDecode() ? Phase.DECODE_READY : Phase.DECODE_WAITING;
  }

  /** Does what the scheduler says; false if that was nothing. */
  private boolean act(Action action) {
    if (action instanceof Action.Admit admit) {
      admit(generation(admit.id()), occupancy.pools().get(admit.classIndex()));
    } else if (action instanceof Action.PrefillSegment segment) {
      prefill(generation(segment.id()));
      prefillRanLast = true;
    } else if (action instanceof Action.Decode decode) {
      Set<Long> ids = Set.copyOf(decode.ids());
      decode(live.stream().filter(generation -> ids.contains(generation.id())).toList());
      prefillRanLast = false;
    }
    return !(action instanceof Action.Rest);
  }

  private LiveGeneration generation(long id) {
    return live.stream().filter(candidate -> candidate.id() == id).findFirst().orElseThrow();
  }

  private void admit(LiveGeneration generation, KvPool pool) {
    try {
      Seat seat = new Seat(pool, pool.take(generation));
      generation.enter(new Stage.Prefilling(seat, new Prefill(model, generation.request())));
      occupancy.seated(pool);
    } catch (OutOfMemoryError e) {
      outlet.fail(generation, outOfMemory(e));
    }
  }

  private void prefill(LiveGeneration generation) {
    Stage.Prefilling stage = (Stage.Prefilling) generation.stage();
    Prefill prefill = stage.prefill();
    if (prefill.nextSegment() == 0) {
      outlet.tell(generation, listener -> listener.onPrefillStarted());
      if (generation.ended()) {
        return;
      }
    }
    Prefill.Outcome outcome;
    try {
      if (generation.handle().exitBefore(prefill.nextSegment())) {
        prefill.withdraw();
      }
      KvPool.Rows kv = stage.seat().pool().row(stage.seat().slot());
      try (NativeRuns.Run run = runs.begin(Optional.of(generation.handle()))) {
        if (generation.handle().closed()) {
          return;
        }
        outcome = prefill.runNext(kv, generation.cachedLengths(), run);
      }
    } catch (OrtException | RuntimeException | OutOfMemoryError e) {
      broken(List.of(generation), e);
      return;
    }
    outcome.end().ifPresent(end -> outlet.tell(generation, l -> l.onSegmentEnd(end)));
    if (outcome.logits().isPresent() && !generation.ended()) {
      prefilled(generation, stage, outcome.logits().get());
    }
  }

  private void prefilled(LiveGeneration generation, Stage.Prefilling stage, LogitRow row) {
    stage.prefill().close();
    generation.enter(
        new Stage.Decoding(
            stage.seat(),
            new LiveGeneration.Answer(generation.request().prompt().nextPosition(), row)));
    Duration queued = Duration.ofNanos(stage.prefill().begunNanos() - generation.startedNanos());
    outlet.tell(generation, listener -> listener.onPrefilled(stage.prefill().summary(queued)));
  }

  private void decode(List<LiveGeneration> ready) {
    for (KvPool pool : occupancy.pools()) {
      List<LiveGeneration> batch =
          ready.stream()
              .filter(generation -> generation.seat().filter(s -> s.pool() == pool).isPresent())
              .toList();
      if (!batch.isEmpty()) {
        decode(pool, batch);
      }
    }
  }

  private void decode(KvPool pool, List<LiveGeneration> batch) {
    Optional<Object> owner =
        batch.size() == 1 ? Optional.of(batch.get(0).handle()) : Optional.empty();
    LogitRows logits;
    try (NativeRuns.Run run = runs.begin(owner)) {
      if (batch.size() == 1 && batch.get(0).handle().closed()) {
        return;
      }
      logits = decoders.step(pool, batch, run);
    } catch (OrtException | RuntimeException | OutOfMemoryError e) {
      broken(batch, e);
      return;
    }
    for (LiveGeneration generation : batch) {
      next(generation, logits.row(generation.seat().orElseThrow().slot()));
    }
  }

  private void next(LiveGeneration generation, LogitRow row) {
    Optional<Integer> replayed = generation.replayedNext();
    if (replayed.isPresent()) {
      generation.answer().add(replayed.get());
      endIfComplete(generation, replayed.get());
    } else {
      draw(generation, row);
    }
  }

  private void draw(LiveGeneration generation, LogitRow row) {
    SampledToken token;
    try {
      token = Sampler.sample(generation.request().sampling(), generation.answer().tokens(), row);
    } catch (RuntimeException e) {
      broken(List.of(generation), e);
      return;
    }
    generation.handle().spendCredit();
    generation.answer().add(token.id());
    outlet.tell(generation, listener -> listener.onToken(token));
    if (!generation.ended()) {
      endIfComplete(generation, token.id());
    }
  }

  private void endIfComplete(LiveGeneration generation, int lastToken) {
    if (model.endTokens().contains(lastToken)) {
      outlet.finish(generation, FinishCause.END_OF_SEQUENCE);
    } else if (generation.answer().tokens() >= generation.maxTokens()) {
      outlet.finish(generation, FinishCause.LENGTH);
    }
  }

  /** A call failed: its generations are lost, the engine goes on. */
  private void broken(List<LiveGeneration> generations, Throwable cause) {
    for (LiveGeneration generation : generations) {
      // A call that was stopped on purpose fails too: the reason is told where it is known.
      if (!generation.handle().closed() && !intake.closed()) {
        outlet.fail(
            generation,
            cause instanceof OutOfMemoryError memory ? outOfMemory(memory) : Outlet.defect(cause));
      }
    }
  }

  private static RuntimeFailure outOfMemory(OutOfMemoryError error) {
    return new RuntimeFailure(
        Kind.RESOURCE_EXHAUSTED,
        "the JVM is out of memory: raise -XX:MaxDirectMemorySize or lower kvBytesLimit ("
            + error.getMessage()
            + ")");
  }
}
