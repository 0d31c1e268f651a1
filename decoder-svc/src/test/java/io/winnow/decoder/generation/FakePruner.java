package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.Observation;
import io.winnow.v1.Outcome;
import io.winnow.v1.Plan;
import io.winnow.v1.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;

/** Answers every begin with the same plan and every observation with the same verdict. */
final class FakePruner implements PrunerClient {

  static final Plan KEEP_ALL =
      Plan.newBuilder().setMethod("none").setReason("as told").setFlopsRatio(1).build();

  final List<FakeDecision> decisions = new ArrayList<>();
  Plan plan = KEEP_ALL;
  boolean exits;
  final Set<Integer> exitsAt = new HashSet<>(); // segments
  boolean silent;
  boolean withholdsVerdicts;
  Optional<ChatFailure> failure = Optional.empty();
  Optional<ChatFailure> failsAtObservation = Optional.empty();
  private final Simulation simulation;

  FakePruner(Simulation simulation) {
    this.simulation = simulation;
  }

  long open() {
    return decisions.stream().filter(decision -> !decision.ended).count();
  }

  FakeDecision last() {
    return decisions.get(decisions.size() - 1);
  }

  @Override
  public Decision open(PeerCall call, Listener listener) {
    FakeDecision decision = new FakeDecision(listener, call.trace(), simulation.lane());
    decisions.add(decision);
    decision.lane.execute(() -> failure.ifPresent(decision::fail));
    return decision;
  }

  final class FakeDecision implements Decision {

    DecideBegin begin;
    final List<Observation> observations = new ArrayList<>();
    Outcome outcome;
    boolean cancelled;
    final TraceContext trace;
    private final Listener listener;
    private final Executor lane;
    private boolean ended;

    FakeDecision(Listener listener, TraceContext trace, Executor lane) {
      this.trace = trace;
      this.listener = listener;
      this.lane = lane;
    }

    @Override
    public void begin(DecideBegin begin) {
      lane.execute(
          () -> {
            this.begin = begin;
            if (!ended && !silent) {
              listener.onPlan(plan);
            }
          });
    }

    @Override
    public void observe(Observation observation) {
      lane.execute(
          () -> {
            observations.add(observation);
            if (ended) {
              return;
            }
            if (failsAtObservation.isPresent()) {
              fail(failsAtObservation.get());
            } else if (!withholdsVerdicts) {
              say(observation.getSegment(), exits || exitsAt.contains(observation.getSegment()));
            }
          });
    }

    /** Gives a verdict now, asked for or not. */
    void say(int segment, boolean exit) {
      listener.onVerdict(
          Verdict.newBuilder()
              .setSegment(segment)
              .setExit(exit)
              .setMargin(exit ? 2.5f : -1)
              .setThreshold(0.5f)
              .build());
    }

    @Override
    public void finish(Outcome outcome) {
      lane.execute(
          () -> {
            this.outcome = outcome;
            ended = true;
          });
    }

    @Override
    public void cancel() {
      lane.execute(
          () -> {
            cancelled |= !ended;
            ended = true;
          });
    }

    private void fail(ChatFailure failure) {
      if (!ended) {
        ended = true;
        listener.onFailed(failure);
      }
    }
  }
}
