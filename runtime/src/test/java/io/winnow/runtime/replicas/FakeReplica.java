package io.winnow.runtime.replicas;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.SegmentEnd;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.SegmentManifest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A decoder that does one thing of each of its generations when it is told to, on the caller's
 * thread, and can die, come back, refuse and fall silent. Its next token depends on the prompt, the
 * exit, the seed and every token before: a replay that is not exact changes the answer.
 */
final class FakeReplica implements DecoderRuntime {

  static final int SEGMENTS = 4;
  static final int CONTEXT = 64;
  static final int END_OF_SEQUENCE = 0;
  static final int VISUAL = 3;
  static final DecoderManifest MANIFEST = shape();

  private final List<FakeGeneration> generations = new ArrayList<>();
  final List<GenerationRequest> requests = new ArrayList<>();
  Optional<RuntimeFailure> refusal = Optional.empty();
  boolean dead;
  boolean silent;
  boolean diesBeforeTheEnd;
  boolean ready = true;
  boolean defect;
  boolean closed;
  int slots = 4;
  int othersBusy;

  Replica<DecoderRuntime> replica() {
    return new Replica<>(
        this,
        () -> {
          if (defect) {
            throw new IllegalStateException("a defect");
          }
          return ready && !dead;
        });
  }

  /** Everybody one thing further; whether there was anything to do. */
  boolean step() {
    boolean did = false;
    for (FakeGeneration generation : List.copyOf(generations)) {
      did |= !silent && generation.step();
    }
    return did;
  }

  void die() {
    dead = true;
    endAll(new RuntimeFailure(Kind.UNAVAILABLE, "killed"));
  }

  void endAll(RuntimeFailure failure) {
    List.copyOf(generations).forEach(generation -> generation.fail(failure));
  }

  int live() {
    return generations.size();
  }

  @Override
  public DecoderManifest manifest() {
    return MANIFEST;
  }

  @Override
  public Generation start(GenerationRequest request, GenerationListener listener) {
    requests.add(request);
    FakeGeneration generation = new FakeGeneration(request, listener);
    Optional<RuntimeFailure> why =
        dead ? Optional.of(new RuntimeFailure(Kind.UNAVAILABLE, "connection refused")) : refusal;
    generations.add(generation);
    why.ifPresentOrElse(generation::fail, listener::onQueued);
    return generation;
  }

  /** Has no place for more, or has again. */
  void full(boolean now) {
    RuntimeFailure full = new RuntimeFailure(Kind.RESOURCE_EXHAUSTED, "the queue is full");
    refusal = now ? Optional.of(full) : Optional.empty();
  }

  @Override
  public RuntimeLoad load() {
    RuntimeLoad.Others others = new RuntimeLoad.Others(0, othersBusy, 0);
    return new RuntimeLoad(0, generations.size(), slots, generations.size(), 100, others);
  }

  @Override
  public boolean alive() {
    return !dead;
  }

  @Override
  public boolean drain(Duration timeout) {
    throw new UnsupportedOperationException("nobody drains a replica");
  }

  @Override
  public void close() {
    closed = true;
    die();
  }

  /** Its prefill takes a step per segment; each token one more. */
  private final class FakeGeneration implements Generation {

    private final GenerationRequest request;
    private final GenerationListener listener;
    private final Map<Integer, Boolean> verdicts = new TreeMap<>();
    private final List<Integer> tokens = new ArrayList<>();
    private final int[] visualEntered = new int[SEGMENTS];
    private boolean started;
    private int nextSegment;
    private boolean prefilled;
    private boolean exited;
    private long credit;
    private int replayed;

    FakeGeneration(GenerationRequest request, GenerationListener listener) {
      this.request = request;
      this.listener = listener;
    }

    boolean step() {
      if (!started) {
        started = true;
        listener.onPrefillStarted();
      } else if (nextSegment < SEGMENTS) {
        return segment();
      } else if (!prefilled) {
        prefilled = true;
        listener.onPrefilled(
            new PrefillSummary(
                new int[SEGMENTS],
                visualEntered,
                List.of(),
                List.of(),
                Duration.ZERO,
                Duration.ZERO));
      } else if (replayed < replay().size()) {
        tokens.add(replay().get(replayed++));
        endIfComplete();
      } else if (credit > 0) {
        draw();
      } else {
        return false;
      }
      return true;
    }

    private boolean segment() {
      boolean told = request.replay().isEmpty();
      Set<Integer> observed = told ? request.plan().observedSegments() : Set.of();
      if (request.plan().blocking()
          && observed.contains(nextSegment - 1)
          && !verdicts.containsKey(nextSegment - 1)) {
        return false;
      }
      int next = nextSegment++;
      exited |= verdicts.containsValue(true);
      exited |= request.replay().isPresent() && exitOfReplay() <= next;
      visualEntered[next] = exited ? 0 : VISUAL;
      if (observed.contains(next)) {
        listener.onSegmentEnd(
            new SegmentEnd(next, visualEntered[next], new float[0], new float[0]));
      }
      return true;
    }

    private void draw() {
      credit--;
      long seen = request.sampling().seed() + Arrays.hashCode(visualEntered);
      int id = 1 + Math.floorMod(31 * seen + tokens.hashCode(), 1000);
      if (tokens.size() == request.prompt().tokenIds()[0]) {
        id = END_OF_SEQUENCE;
      }
      tokens.add(id);
      listener.onToken(new SampledToken(tokens.size() - 1, id, -1, List.of()));
      endIfComplete();
    }

    private void endIfComplete() {
      if (tokens.get(tokens.size() - 1) == END_OF_SEQUENCE) {
        end(FinishCause.END_OF_SEQUENCE);
      } else if (tokens.size() == request.answerLimit(CONTEXT)) {
        end(FinishCause.LENGTH);
      }
    }

    private void end(FinishCause cause) {
      if (diesBeforeTheEnd) {
        die();
      } else {
        generations.remove(this);
        listener.onFinished(cause);
      }
    }

    private List<Integer> replay() {
      return request.replay().isEmpty() ? List.of() : request.replay().get().tokens();
    }

    private int exitOfReplay() {
      return request.replay().orElseThrow().exitBefore().orElse(Integer.MAX_VALUE);
    }

    void fail(RuntimeFailure failure) {
      if (generations.remove(this)) {
        listener.onFailed(failure);
      }
    }

    @Override
    public void resume(int segment, boolean exit) {
      verdicts.put(segment, exit);
    }

    @Override
    public void decode(int more) {
      credit += more;
    }

    @Override
    public void close() {
      fail(new RuntimeFailure(Kind.CANCELLED, "closed"));
    }
  }

  private static DecoderManifest shape() {
    DecoderManifest.Builder built =
        DecoderManifest.newBuilder().setLayers(SEGMENTS).setContextLength(CONTEXT);
    for (int segment = 0; segment < SEGMENTS; segment++) {
      built.addSegments(SegmentManifest.newBuilder().setFirstLayer(segment).setLayerCount(1));
    }
    return built.build();
  }
}
