package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.LogitRow;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.PrefillSummary.SegmentRun;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.Sampler;
import io.winnow.runtime.SegmentEnd;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One prompt's way through the segments, one segment at a time. Engine thread only. */
final class Prefill implements AutoCloseable {

  // Above any number of visual tokens, and small enough for any integer type inside the graph.
  static final long KEEP_ALL = Integer.MAX_VALUE;

  private final DecoderModel model;
  private final GenerationRequest request;
  private final LayerCounts counts;
  private final Optional<SurvivorTrace> trace;
  private final List<SegmentRun> runs = new ArrayList<>();
  private Optional<TokenRows> rows = Optional.empty(); // until segment 0 begins
  private int nextSegment;
  private long begunNanos; // of segment 0
  private boolean withdrawn;

  Prefill(DecoderModel model, GenerationRequest request) {
    this.model = model;
    this.request = request;
    this.counts = new LayerCounts(request.prompt(), request.plan(), model.manifest().getLayers());
    this.trace =
        request.plan().tracing()
            ? Optional.of(new SurvivorTrace(request.prompt()))
            : Optional.empty();
  }

  /** Number of the segment that runs next. */
  int nextSegment() {
    return nextSegment;
  }

  long begunNanos() {
    return begunNanos;
  }

  /** Takes all visual rows out before the next segment; at most once has an effect. */
  void withdraw() throws OrtException {
    if (withdrawn || counts.visualAlive() == 0) {
      return;
    }
    replace(rows().textOnly());
    counts.withdraw();
    withdrawn = true;
  }

  /**
   * Runs the next segment.
   *
   * @param cachedLengths of the slot; those of the segment's layers are set // [layers]
   */
  Outcome runNext(KvPool.Rows kv, int[] cachedLengths, NativeRuns.Run run) throws OrtException {
    SegmentSession segment = model.segments().get(nextSegment);
    boolean observed = request.plan().observedSegments().contains(nextSegment);
    long begun = System.nanoTime();
    if (nextSegment == 0) {
      begunNanos = begun;
    } else if (trace.isPresent()) {
      // Here and not at the end of the segment before: a verdict may have come in between.
      trace.get().add(rows().positions(), rows().spans());
    }
    // Prompts have all lengths: without this the arena keeps the largest buffers of every length.
    run.options().addRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
    Map<String, OnnxTensor> controls = controls(segment, observed);
    OrtSession.Result result;
    try {
      Map<String, OnnxTensor> inputs = new HashMap<>(rows().inputs());
      inputs.putAll(controls);
      result = segment.run(inputs, kv, outputs(observed), run);
    } finally {
      controls.values().forEach(OnnxTensor::close);
    }
    return passed(segment, result, observed, cachedLengths, begun);
  }

  PrefillSummary summary(Duration queued) {
    return new PrefillSummary(
        counts.entered(),
        counts.visualEntered(),
        trace.map(SurvivorTrace::segments).orElse(List.of()),
        runs.stream().map(SegmentRun::duration).toList(),
        queued,
        Duration.ofNanos(System.nanoTime() - begunNanos),
        runs);
  }

  @Override
  public void close() {
    rows.ifPresent(TokenRows::close);
    rows = Optional.empty();
  }

  private TokenRows rows() throws OrtException {
    if (rows.isEmpty()) {
      rows =
          Optional.of(
              TokenRows.ofPrompt(
                  request.prompt(), request.plan(), model.manifest().getHiddenSize()));
    }
    return rows.get();
  }

  private void replace(TokenRows next) {
    close();
    rows = Optional.of(next);
  }

  private Outcome passed(
      SegmentSession segment,
      OrtSession.Result result,
      boolean observed,
      int[] cachedLengths,
      long begun) {
    int rowsIn = counts.rowsAlive();
    int visualIn = counts.visualAlive();
    for (int layer = segment.firstLayer();
        layer < segment.firstLayer() + segment.layers();
        layer++) {
      counts.pass(layer);
      cachedLengths[layer] = counts.entered(layer);
    }
    Optional<LogitRow> logits = Optional.empty();
    Optional<SegmentEnd> end;
    if (model.isLast(nextSegment)) {
      try (result) {
        end = observed ? Optional.of(segmentEnd(result)) : Optional.empty();
        logits = Optional.of(LogitRows.read(result).row(0));
        trace.ifPresent(
            survivors -> survivors.add(longs(result, "positions_out"), longs(result, "spans_out")));
      }
    } else {
      TokenRows left = TokenRows.ofResult(result);
      replace(left);
      if (left.rows() != counts.rowsAlive()) {
        throw new IllegalStateException(
            left.rows() + " rows left the segment, the plan says " + counts.rowsAlive());
      }
      end = observed ? Optional.of(segmentEnd(result)) : Optional.empty();
    }
    runs.add(
        new SegmentRun(
            Duration.ofNanos(begun - begunNanos),
            Duration.ofNanos(System.nanoTime() - begun),
            rowsIn,
            visualIn,
            counts.rowsAlive(),
            counts.visualAlive()));
    nextSegment++;
    return new Outcome(end, logits);
  }

  private static long[] longs(OrtSession.Result result, String output) {
    return LogitRows.tensor(result, output).getLongBuffer().array();
  }

  private SegmentEnd segmentEnd(OrtSession.Result result) {
    int visual = counts.visualAlive();
    float[] importance =
        visual == 0 || !request.plan().importance()
            ? new float[0]
            : LogitRows.tensor(result, "importance").getFloatBuffer().array(); // [visual]
    return new SegmentEnd(
        nextSegment,
        visual,
        importance,
        LogitRows.tensor(result, "text_status").getFloatBuffer().array());
  }

  private Set<String> outputs(boolean observed) {
    Set<String> outputs = new HashSet<>();
    if (model.isLast(nextSegment)) {
      outputs.addAll(
          LogitRows.outputs(
              Sampler.needsFullRow(
                  request.sampling(),
                  model.manifest().getCandidates(),
                  model.manifest().getVocabularySize())));
      if (trace.isPresent()) {
        outputs.add("positions_out");
        outputs.add("spans_out");
      }
    } else {
      outputs.addAll(TokenRows.OUTPUTS);
    }
    if (observed) {
      outputs.add("text_status");
      if (request.plan().importance()) {
        outputs.add("importance");
      }
    }
    return outputs;
  }

  /** Inputs that do not travel with the rows. */
  private Map<String, OnnxTensor> controls(SegmentSession segment, boolean observed)
      throws OrtException {
    Prompt prompt = request.prompt();
    Map<String, OnnxTensor> controls = new HashMap<>();
    controls.put(
        "cached_lengths", Tensors.ints(Tensors.directInts(segment.layers()), segment.layers(), 1));
    controls.put("keep", keep(segment, Math.max(1, prompt.pictures())));
    controls.put("ranking", Tensors.scalar(request.plan().ranking().ordinal()));
    controls.put("observe", Tensors.scalar(observe(observed)));
    controls.put("text_start", Tensors.scalar(textStart(prompt)));
    if (model.isLast(nextSegment)) {
      controls.put("logit_rows", Tensors.longs(new long[] {-1}, 1));
    }
    return controls;
  }

  /** The graph's input: nothing, everything, or the text status alone. */
  private long observe(boolean observed) {
    if (!observed) {
      return 0;
    }
    return request.plan().importance() ? 1 : 2;
  }

  private OnnxTensor keep(SegmentSession segment, int pictures) throws OrtException {
    long[] keep = new long[segment.layers() * pictures]; // [layers of the segment, pictures]
    Arrays.fill(keep, KEEP_ALL);
    Optional<long[][]> planned = request.plan().keep();
    if (planned.isPresent() && request.prompt().pictures() > 0) {
      for (int layer = 0; layer < segment.layers(); layer++) {
        long[] quota = planned.get()[segment.firstLayer() + layer];
        System.arraycopy(quota, 0, keep, layer * pictures, pictures);
      }
    }
    return Tensors.longs(keep, segment.layers(), pictures);
  }

  /** Position of the first row after the pictures. */
  private static long textStart(Prompt prompt) {
    int row = prompt.length() - 1;
    while (row > 0 && prompt.spans()[row - 1] < 0) {
      row--;
    }
    return prompt.positions()[row];
  }

  /**
   * What a segment gave.
   *
   * @param end if the plan observes the segment
   * @param logits after the last one
   */
  record Outcome(Optional<SegmentEnd> end, Optional<LogitRow> logits) {}
}
