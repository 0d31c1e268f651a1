package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.winnow.runtime.LayerAttention;
import io.winnow.runtime.LayerPass;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.v1.DecoderManifest;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A pass over an export of one layer a segment. No layer reads another one's keys and values in a
 * prefill, so all of them write into the same cache.
 */
final class LayerWalk implements LayerPass {

  private static final Set<String> ATTENTION = Set.of("self_attention", "cross_attention");

  private final DecoderModel model;
  private final NativeRuns runs;
  private final int pictures;
  private final OnnxTensor keys; // [1, kv heads, rows, head dim]
  private final OnnxTensor values; // [1, kv heads, rows, head dim]
  private TokenRows rows;
  private long[] spans; // [rows]
  private int nextLayer;
  private boolean closed;

  private LayerWalk(DecoderModel model, NativeRuns runs, int pictures, TokenRows rows, long[] spans)
      throws OrtException {
    this.model = model;
    this.runs = runs;
    this.pictures = pictures;
    this.rows = rows;
    this.spans = spans;
    keys = cache(model.manifest(), rows.rows());
    values = cache(model.manifest(), rows.rows());
  }

  static LayerWalk ofPrompt(DecoderModel model, NativeRuns runs, Prompt prompt) {
    int hidden = model.manifest().getHiddenSize();
    return stopping(
        runs,
        run ->
            new LayerWalk(
                model,
                runs,
                Math.max(1, prompt.pictures()),
                TokenRows.ofPrompt(prompt, PrefillPlan.keepAll(), hidden),
                prompt.spans().clone()));
  }

  private static OnnxTensor cache(DecoderManifest decoder, int rows) throws OrtException {
    int elements = Math.multiplyExact(decoder.getKvHeads() * decoder.getHeadDim(), rows);
    return Tensors.floats(
        Tensors.directFloats(elements), 1, decoder.getKvHeads(), rows, decoder.getHeadDim());
  }

  @Override
  public int nextLayer() {
    return nextLayer;
  }

  @Override
  public int rows() {
    return spans.length;
  }

  @Override
  public int visualRows() {
    return (int) Arrays.stream(spans).filter(span -> span >= 0).count();
  }

  @Override
  public LayerAttention attend() {
    int layer = nextLayer;
    return stopping(
        runs,
        run -> {
          OrtSession.Result result = runNext(ATTENTION, true, 1, run);
          LayerAttention seen =
              new LayerAttention(
                  layer,
                  LogitRows.tensor(result, "self_attention").getFloatBuffer().array(),
                  LogitRows.tensor(result, "cross_attention").getFloatBuffer().array());
          goOn(result);
          return seen;
        });
  }

  @Override
  public void pass() {
    var unused =
        stopping(
            runs,
            run -> {
              goOn(runNext(Set.of(), false, 1, run));
              return true;
            });
  }

  @Override
  public float[][] logits(int last) {
    if (last < 1 || last > spans.length) {
      throw new IllegalArgumentException(last + " rows of " + spans.length + " are asked for");
    }
    requireLayersLeft();
    while (!model.isLast(nextLayer)) {
      pass();
    }
    return stopping(
        runs,
        run -> {
          try (OrtSession.Result result = runNext(Set.of("logits"), false, last, run)) {
            nextLayer++;
            float[] all = LogitRows.tensor(result, "logits").getFloatBuffer().array();
            int vocabulary = all.length / last;
            float[][] logits = new float[last][];
            for (int row = 0; row < last; row++) {
              logits[row] = Arrays.copyOfRange(all, row * vocabulary, (row + 1) * vocabulary);
            }
            return logits;
          }
        });
  }

  @Override
  public void drop(int[] visual) {
    boolean[] stays = new boolean[spans.length];
    Arrays.fill(stays, true);
    int next = 0;
    int number = 0;
    for (int row = 0; row < stays.length; row++) {
      if (spans[row] >= 0) {
        if (next < visual.length && visual[next] == number) {
          stays[row] = false;
          next++;
        }
        number++;
      }
    }
    if (next < visual.length) {
      throw new IllegalArgumentException(
          "%d at place %d is out of the range or the order of %d visual rows"
              .formatted(visual[next], next, number));
    }
    if (visual.length > 0) {
      requireBegun();
      TokenRows left = select(stays);
      rows.close();
      rows = left;
      spans = chosen(stays);
    }
  }

  @Override
  public LayerPass withoutPictures() {
    requireBegun();
    boolean[] text = new boolean[spans.length];
    for (int row = 0; row < text.length; row++) {
      text[row] = spans[row] < 0;
    }
    return stopping(
        runs,
        run -> {
          LayerWalk fork = new LayerWalk(model, runs, pictures, select(text), chosen(text));
          fork.nextLayer = nextLayer;
          return fork;
        });
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      rows.close();
      keys.close();
      values.close();
    }
  }

  private TokenRows select(boolean[] stays) {
    try {
      return rows.select(stays);
    } catch (OrtException e) {
      throw new IllegalStateException("rows cannot be copied", e);
    }
  }

  private long[] chosen(boolean[] stays) {
    long[] left = new long[spans.length];
    int count = 0;
    for (int row = 0; row < stays.length; row++) {
      if (stays[row]) {
        left[count++] = spans[row];
      }
    }
    return Arrays.copyOf(left, count);
  }

  private void requireBegun() {
    if (nextLayer == 0) {
      throw new IllegalStateException("rows can leave after the first layer only");
    }
  }

  private void requireLayersLeft() {
    if (nextLayer == model.segments().size()) {
      throw new IllegalStateException("all layers have run");
    }
  }

  /** Takes over what left the layer. */
  private void goOn(OrtSession.Result result) {
    if (model.isLast(nextLayer)) {
      result.close();
    } else {
      rows.close();
      rows = TokenRows.ofResult(result);
    }
    nextLayer++;
  }

  private OrtSession.Result runNext(
      Set<String> wanted, boolean observed, int lastRows, NativeRuns.Run run) throws OrtException {
    requireLayersLeft();
    run.options().addRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
    Map<String, OnnxTensor> controls = controls(observed, lastRows);
    try {
      Map<String, OnnxTensor> inputs = new HashMap<>(rows.inputs());
      inputs.putAll(controls);
      int layers = model.segments().size();
      KvPool.Rows scratch =
          new KvPool.Rows(Collections.nCopies(layers, keys), Collections.nCopies(layers, values));
      return model.segments().get(nextLayer).run(inputs, scratch, outputs(wanted), run);
    } finally {
      controls.values().forEach(OnnxTensor::close);
    }
  }

  private Set<String> outputs(Set<String> wanted) {
    Set<String> outputs = new HashSet<>(wanted);
    if (!model.isLast(nextLayer)) {
      outputs.addAll(TokenRows.OUTPUTS);
    } else if (wanted.isEmpty()) {
      outputs.add("log_sum_exp"); // the smallest: a run must give something
    }
    return outputs;
  }

  private Map<String, OnnxTensor> controls(boolean observed, int lastRows) throws OrtException {
    long[] keep = new long[pictures]; // [1 layer, pictures]
    Arrays.fill(keep, Prefill.KEEP_ALL);
    Map<String, OnnxTensor> controls = new HashMap<>();
    controls.put("cached_lengths", Tensors.ints(Tensors.directInts(1), 1, 1));
    controls.put("keep", Tensors.longs(keep, 1, pictures));
    controls.put("ranking", Tensors.scalar(PrefillPlan.Ranking.FITPRUNE.ordinal()));
    controls.put("observe", Tensors.scalar(observed ? 1 : 0));
    controls.put("text_start", Tensors.scalar(0));
    if (model.isLast(nextLayer)) {
      long[] asked = new long[lastRows];
      Arrays.setAll(asked, row -> row - lastRows);
      controls.put("logit_rows", Tensors.longs(asked, lastRows));
    }
    return controls;
  }

  /** Something that computes. */
  private interface Step<T> {
    T take(NativeRuns.Run run) throws OrtException;
  }

  /** Takes a step that the runtime's close can stop and waits for. */
  private static <T> T stopping(NativeRuns runs, Step<T> step) {
    try (NativeRuns.Run run = runs.begin(Optional.empty())) {
      return step.take(run);
    } catch (OrtException e) {
      if (runs.stopped()) {
        throw new RuntimeStoppedException("the embedded runtime is closed");
      }
      throw new IllegalStateException("a layer failed: " + e.getMessage(), e);
    }
  }
}
