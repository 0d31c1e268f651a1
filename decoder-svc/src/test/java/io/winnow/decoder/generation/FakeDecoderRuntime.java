package io.winnow.decoder.generation;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.LayerStepper;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.PrefillSummary.SegmentRun;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.SegmentEnd;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.SegmentManifest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A runtime that says what it is told to say: a segment at a time, then one character per credit.
 * Where the plan drops tokens of a picture, the first ones stay. Each generation runs on an
 * executor of its own, which must keep the order.
 */
public final class FakeDecoderRuntime implements DecoderRuntime {
  /** How long it says that a segment took. */
  static final Duration SEGMENT = Duration.ofMillis(2);

  private final DecoderManifest manifest;
  private final Supplier<Executor> executors;
  private final List<FakeGeneration> generations = new ArrayList<>();
  private volatile Optional<RuntimeLoad> load = Optional.empty(); // instead of the real one
  private String script = "";
  private Optional<RuntimeFailure> failure = Optional.empty();
  private Optional<LayerStepper> stepper = Optional.empty();
  private int failAtToken;
  private boolean alive = true;

  public FakeDecoderRuntime(DecoderManifest manifest, Supplier<Executor> executors) {
    this.manifest = manifest;
    this.executors = executors;
  }

  /** What coming generations answer. */
  public FakeDecoderRuntime say(String answer) {
    script = answer;
    return this;
  }

  /** Coming generations fail before this token. */
  public FakeDecoderRuntime failAt(int token, RuntimeFailure.Kind kind, String message) {
    failAtToken = token;
    failure = Optional.of(new RuntimeFailure(kind, message));
    return this;
  }

  /** Prompts can be walked through as this does it. */
  public FakeDecoderRuntime stepping(LayerStepper by) {
    stepper = Optional.of(by);
    return this;
  }

  @Override
  public Optional<LayerStepper> stepper() {
    return stepper;
  }

  void die() {
    alive = false;
  }

  public synchronized List<FakeGeneration> generations() {
    return List.copyOf(generations);
  }

  public synchronized FakeGeneration last() {
    return generations.get(generations.size() - 1);
  }

  public synchronized long open() {
    return generations.stream().filter(generation -> !generation.ended).count();
  }

  @Override
  public DecoderManifest manifest() {
    return manifest;
  }

  @Override
  public synchronized Generation start(GenerationRequest request, GenerationListener listener) {
    FakeGeneration generation = new FakeGeneration(request, listener, executors.get());
    generations.add(generation);
    generation.executor.execute(generation::prefill);
    return generation;
  }

  /** From now on its load is this, whatever it does. */
  public void report(RuntimeLoad told) {
    load = Optional.of(told);
  }

  @Override
  public RuntimeLoad load() {
    return load.orElseGet(() -> new RuntimeLoad(0, (int) open(), 8, 0, 1));
  }

  @Override
  public boolean alive() {
    return alive;
  }

  @Override
  public boolean drain(Duration timeout) {
    return open() == 0;
  }

  @Override
  public void close() {
    generations().forEach(Generation::close);
  }

  /** A generation under way. */
  public final class FakeGeneration implements Generation {

    public final GenerationRequest request;
    final List<String> resumed = new ArrayList<>();
    private final GenerationListener listener;
    private final Executor executor;
    private final List<int[]> entered = new ArrayList<>(); // [layers][visual rows that enter]
    private int[] alive; // visual rows
    private int segment;
    private boolean started;
    private boolean waiting;
    private boolean exited;
    private long credit;
    private int step = -1; // tokens given; -1 during the prefill
    private volatile boolean ended;

    FakeGeneration(GenerationRequest request, GenerationListener listener, Executor executor) {
      this.request = request;
      this.listener = listener;
      this.executor = executor;
      this.alive = IntStream.range(0, request.prompt().visualRows()).toArray();
    }

    /** Credit that is not used. */
    public long credit() {
      return credit;
    }

    private void prefill() {
      if (ended || waiting) {
        return;
      }
      if (!started) {
        started = true;
        listener.onPrefillStarted();
      }
      if (segment == manifest.getSegmentsCount()) {
        step = 0;
        listener.onPrefilled(summary());
        speak();
        return;
      }
      run(manifest.getSegments(segment));
      int done = segment++;
      if (request.plan().observedSegments().contains(done)) {
        waiting = request.plan().blocking();
        listener.onSegmentEnd(
            new SegmentEnd(
                done,
                alive.length,
                new float[alive.length],
                new float[2 * manifest.getHiddenSize()]));
      }
      executor.execute(this::prefill);
    }

    private void run(SegmentManifest layers) {
      if (exited) {
        alive = new int[0];
      }
      for (int i = 0; i < layers.getLayerCount(); i++) {
        entered.add(alive);
        if (request.plan().keep().isPresent()) {
          drop(request.plan().keep().get()[layers.getFirstLayer() + i].clone());
        }
      }
    }

    private void drop(long[] quota) {
      long[] pictures = // [visual rows]
          LongStream.of(request.prompt().spans()).filter(span -> span >= 0).toArray();
      alive = IntStream.of(alive).filter(row -> quota[(int) pictures[row]]-- > 0).toArray();
    }

    private PrefillSummary summary() {
      int text = request.prompt().length() - request.prompt().visualRows();
      int[] visual = entered.stream().mapToInt(rows -> rows.length).toArray();
      int[] rows = IntStream.of(visual).map(count -> text + count).toArray();
      List<int[]> survivors = new ArrayList<>();
      if (request.plan().tracing()) {
        manifest.getSegmentsList().stream()
            .skip(1)
            .forEach(next -> survivors.add(entered.get(next.getFirstLayer())));
        survivors.add(alive);
      }
      return new PrefillSummary(
          rows,
          visual,
          survivors,
          List.of(),
          Duration.ZERO,
          Duration.ofMillis(7),
          runs(rows, visual));
    }

    private List<SegmentRun> runs(int[] rows, int[] visual) {
      List<SegmentRun> runs = new ArrayList<>();
      for (int i = 0; i < manifest.getSegmentsCount(); i++) {
        int first = manifest.getSegments(i).getFirstLayer();
        int last = first + manifest.getSegments(i).getLayerCount() - 1;
        runs.add(
            new SegmentRun(
                SEGMENT.multipliedBy(i),
                SEGMENT,
                rows[first],
                visual[first],
                rows[last],
                visual[last]));
      }
      return runs;
    }

    private void speak() {
      if (ended || step < 0) {
        return;
      }
      if (failure.isPresent() && step == failAtToken) {
        ended = true;
        listener.onFailed(failure.get());
      } else if (credit > 0) {
        credit--;
        token();
        executor.execute(this::speak);
      }
    }

    private void token() {
      int id = step < script.length() ? script.charAt(step) : FakeText.EOS;
      int number = step++;
      listener.onToken(
          new SampledToken(
              number,
              id,
              -0.5,
              request.sampling().topLogprobs() > 0
                  ? List.of(new SampledToken.Candidate(id, -0.5))
                  : List.of()));
      if (id == FakeText.EOS) {
        ended = true;
        listener.onFinished(FinishCause.END_OF_SEQUENCE);
      } else if (step == request.maxTokens()) {
        ended = true;
        listener.onFinished(FinishCause.LENGTH);
      }
    }

    @Override
    public void resume(int segment, boolean exit) {
      executor.execute(
          () -> {
            resumed.add(segment + (exit ? " exit" : " keep"));
            exited |= exit;
            if (waiting) {
              waiting = false;
              prefill();
            }
          });
    }

    /** Visual rows that entered each layer so far // [layers] */
    int[] visualEntered() {
      return entered.stream().mapToInt(rows -> rows.length).toArray();
    }

    @Override
    public void decode(int tokens) {
      executor.execute(
          () -> {
            credit += tokens;
            speak();
          });
    }

    @Override
    public void close() {
      executor.execute(
          () -> {
            if (!ended) {
              ended = true;
              listener.onFailed(new RuntimeFailure(RuntimeFailure.Kind.CANCELLED, "closed"));
            }
          });
    }
  }
}
