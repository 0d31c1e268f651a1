package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A decode step over the first rows of a pool. The inputs are made once and refilled at every step.
 * Engine thread only.
 *
 * <p>Every row of the call takes part, whether somebody decodes on it or not. A row that is free,
 * still prefilling or without credit is computed with token 0, and its K/V entry is written at the
 * row's present length of each layer: just behind the valid entries, where the next real token (or
 * the segment of the prefill that fills the layer) overwrites it, and never read, since attention
 * stops at the length. The entry always exists, because a cached length stays below the capacity:
 * see {@link LiveGeneration#kvTokens}.
 */
final class DecodeBatch implements AutoCloseable {

  private static final long NO_SPAN = -1;

  private final DecoderModel model;
  private final KvPool pool;
  private final int rows;
  private final LongBuffer tokens; // [rows, 1]
  private final LongBuffer positions; // [rows, 1]
  private final List<IntBuffer> cachedLengths = new ArrayList<>(); // [segments] of [layers, rows]
  private final List<Map<String, OnnxTensor>> inputs = new ArrayList<>(); // [segments]
  private final Set<OnnxTensor> owned = new HashSet<>();

  DecodeBatch(DecoderModel model, KvPool pool, int rows) throws OrtException {
    this.model = model;
    this.pool = pool;
    this.rows = rows;
    this.tokens = Tensors.directLongs(rows);
    this.positions = Tensors.directLongs(rows);
    Map<String, OnnxTensor> shared = sharedInputs();
    for (int number = 0; number < model.segments().size(); number++) {
      SegmentSession segment = model.segments().get(number);
      IntBuffer lengths = Tensors.directInts(segment.layers() * rows);
      cachedLengths.add(lengths);
      Map<String, OnnxTensor> own = new HashMap<>(shared);
      own.put("cached_lengths", own(Tensors.ints(lengths, segment.layers(), rows)));
      own.put("keep", own(Tensors.longs(keepAll(segment.layers()), segment.layers(), 1)));
      inputs.add(own);
    }
    addFirstInputs(inputs.get(0));
    long[] everyRow = new long[rows];
    Arrays.setAll(everyRow, row -> row);
    inputs.get(inputs.size() - 1).put("logit_rows", own(Tensors.longs(everyRow, rows)));
  }

  /**
   * Feeds the last token of each of these generations and gives the logits of all rows. The cached
   * lengths of the generations grow by one.
   */
  LogitRows run(List<LiveGeneration> ready, boolean fullRows, NativeRuns.Run run)
      throws OrtException {
    fill(ready);
    LogitRows logits = runFrom(0, Map.of(), new Call(pool.firstRows(rows), fullRows, run));
    for (LiveGeneration generation : ready) {
      int[] lengths = generation.cachedLengths();
      Arrays.setAll(lengths, layer -> lengths[layer] + 1);
    }
    return logits;
  }

  @Override
  public void close() {
    owned.forEach(OnnxTensor::close);
  }

  private LogitRows runFrom(int number, Map<String, OnnxTensor> travelling, Call call)
      throws OrtException {
    Map<String, OnnxTensor> all = new HashMap<>(inputs.get(number));
    all.putAll(travelling);
    boolean last = model.isLast(number);
    Set<String> outputs = last ? LogitRows.outputs(call.fullRows()) : Set.of("hidden_out");
    try (OrtSession.Result result =
        model.segments().get(number).run(all, call.kv(), outputs, call.run())) {
      return last
          ? LogitRows.read(result)
          : runFrom(number + 1, Map.of("hidden", LogitRows.tensor(result, "hidden_out")), call);
    }
  }

  private void fill(List<LiveGeneration> ready) {
    for (int row = 0; row < rows; row++) {
      tokens.put(row, 0);
      positions.put(row, 0);
      int[] lengths =
          pool.occupant(row)
              .map(LiveGeneration::cachedLengths)
              .orElseGet(() -> new int[model.manifest().getLayers()]);
      for (int number = 0; number < model.segments().size(); number++) {
        SegmentSession segment = model.segments().get(number);
        for (int layer = 0; layer < segment.layers(); layer++) {
          cachedLengths.get(number).put(layer * rows + row, lengths[segment.firstLayer() + layer]);
        }
      }
    }
    for (LiveGeneration generation : ready) {
      int row = generation.seat().orElseThrow().slot();
      tokens.put(row, generation.answer().lastToken());
      positions.put(row, generation.answer().lastPosition());
    }
  }

  private Map<String, OnnxTensor> sharedInputs() throws OrtException {
    long[] spans = new long[rows];
    Arrays.fill(spans, NO_SPAN);
    Map<String, OnnxTensor> shared = new HashMap<>();
    shared.put("positions", own(Tensors.longs(positions, rows, 1)));
    shared.put("spans", own(Tensors.longs(spans, rows, 1)));
    shared.put("scores", own(Tensors.floats(new float[rows], rows, 1)));
    shared.put("ranking", own(Tensors.scalar(0)));
    shared.put("observe", own(Tensors.scalar(0)));
    shared.put("text_start", own(Tensors.scalar(0)));
    return shared;
  }

  private void addFirstInputs(Map<String, OnnxTensor> first) throws OrtException {
    first.put("token_ids", own(Tensors.longs(tokens, rows, 1)));
    first.put(
        "visual_tokens", own(Tensors.floats(new float[0], 0, model.manifest().getHiddenSize())));
  }

  private static long[] keepAll(int layers) {
    long[] keep = new long[layers]; // [layers, 1 picture]
    Arrays.fill(keep, Prefill.KEEP_ALL);
    return keep;
  }

  private OnnxTensor own(OnnxTensor tensor) {
    owned.add(tensor);
    return tensor;
  }

  /** What all segments of a step have in common. */
  private record Call(KvPool.Rows kv, boolean fullRows, NativeRuns.Run run) {}
}
