package io.winnow.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.SegmentManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Calls a decoder's graphs on ONNX Runtime with nothing in between: one sequence, greedy, no
 * pruning. The same session options as the runtime's, and caches that are written in place. What
 * the runtime adds is measured against it.
 */
final class GraphCaller implements AutoCloseable {

  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();
  private static final Set<String> ROWS =
      Set.of("hidden_out", "positions_out", "spans_out", "scores_out");
  private static final Set<String> LOGITS =
      Set.of("candidate_logits", "candidate_ids", "log_sum_exp");

  private final DecoderManifest manifest;
  private final List<OrtSession> sessions = new ArrayList<>();
  private final Map<String, OnnxTensor> caches = new HashMap<>(); // by the past's name
  private int cached; // tokens in the caches
  private long position; // of the next token

  /**
   * @param capacity tokens that the caches hold
   */
  GraphCaller(RepositoryModel model, int threads, int capacity) throws OrtException {
    manifest = model.manifest().getDecoder();
    for (SegmentManifest segment : manifest.getSegmentsList()) {
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        options.setMemoryPatternOptimization(false);
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        sessions.add(ENVIRONMENT.createSession(model.file(segment.getGraph()).toString(), options));
      }
    }
    long[] shape = {1, manifest.getKvHeads(), capacity, manifest.getHeadDim()};
    int size = manifest.getKvHeads() * capacity * manifest.getHeadDim();
    for (int layer = 0; layer < manifest.getLayers(); layer++) {
      caches.put("past_key_" + layer, floats(direct(size).asFloatBuffer(), shape));
      caches.put("past_value_" + layer, floats(direct(size).asFloatBuffer(), shape));
    }
  }

  /** Reads the prompt into empty caches; gives the first token. */
  long prefill(Prompt prompt) throws OrtException {
    cached = 0;
    position = prompt.nextPosition();
    int rows = prompt.length();
    Map<String, OnnxTensor> travelling = new HashMap<>();
    travelling.put("token_ids", longs(prompt.tokenIds(), 1, rows));
    travelling.put(
        "visual_tokens",
        floats(prompt.visualTokens().duplicate(), prompt.visualRows(), manifest.getHiddenSize()));
    travelling.put("positions", longs(prompt.positions(), 1, rows));
    travelling.put("spans", longs(prompt.spans(), 1, rows));
    travelling.put("scores", floats(direct(rows).asFloatBuffer(), 1, rows));
    return run(travelling, prompt.pictures(), rows);
  }

  /** Goes on from a token; gives the next. */
  long decode(long token) throws OrtException {
    Map<String, OnnxTensor> travelling = new HashMap<>();
    travelling.put("token_ids", longs(new long[] {token}, 1, 1));
    travelling.put("visual_tokens", floats(direct(0).asFloatBuffer(), 0, manifest.getHiddenSize()));
    travelling.put("positions", longs(new long[] {position++}, 1, 1));
    travelling.put("spans", longs(new long[] {-1}, 1, 1));
    travelling.put("scores", floats(direct(1).asFloatBuffer(), 1, 1));
    return run(travelling, 1, 1);
  }

  @Override
  public void close() throws OrtException {
    for (OrtSession session : sessions) {
      session.close();
    }
    caches.values().forEach(OnnxTensor::close);
  }

  private long run(Map<String, OnnxTensor> travelling, int pictures, int rows) throws OrtException {
    long token = runFrom(0, travelling, pictures);
    travelling.values().forEach(OnnxTensor::close);
    cached += rows;
    return token;
  }

  private long runFrom(int number, Map<String, OnnxTensor> travelling, int pictures)
      throws OrtException {
    SegmentManifest segment = manifest.getSegments(number);
    boolean last = number == sessions.size() - 1;
    Map<String, OnnxTensor> controls = controls(segment, pictures, last);
    Map<String, OnnxTensor> inputs = new HashMap<>(travelling);
    inputs.putAll(controls);
    Map<String, OnnxTensor> pinned = new HashMap<>();
    for (int layer = 0; layer < segment.getLayerCount(); layer++) {
      int whole = segment.getFirstLayer() + layer;
      for (String kind : List.of("key_", "value_")) {
        OnnxTensor cache = caches.get("past_" + kind + whole);
        inputs.put("past_" + kind + whole, cache);
        pinned.put("present_" + kind + whole, cache);
      }
    }
    try (OrtSession.Result result =
        sessions.get(number).run(inputs, last ? LOGITS : ROWS, pinned)) {
      if (last) {
        return tensor(result, "candidate_ids").getLongBuffer().get(0);
      }
      Map<String, OnnxTensor> left = new HashMap<>();
      for (String output : ROWS) {
        left.put(output.replace("_out", ""), tensor(result, output));
      }
      return runFrom(number + 1, left, pictures);
    } finally {
      controls.values().forEach(OnnxTensor::close);
    }
  }

  private Map<String, OnnxTensor> controls(SegmentManifest segment, int pictures, boolean last)
      throws OrtException {
    int layers = segment.getLayerCount();
    IntBuffer lengths = direct(layers).asIntBuffer();
    for (int layer = 0; layer < layers; layer++) {
      lengths.put(layer, cached);
    }
    long[] keep = new long[layers * pictures];
    Arrays.fill(keep, Integer.MAX_VALUE);
    Map<String, OnnxTensor> controls = new HashMap<>();
    controls.put("cached_lengths", OnnxTensor.createTensor(ENVIRONMENT, lengths, shape(layers, 1)));
    controls.put("keep", longs(keep, layers, pictures));
    for (String zero : List.of("ranking", "observe", "text_start")) {
      controls.put(zero, longs(new long[1]));
    }
    if (last) {
      controls.put("logit_rows", longs(new long[] {-1}, 1));
    }
    return controls;
  }

  private static OnnxTensor tensor(OrtSession.Result result, String output) {
    return (OnnxTensor) result.get(output).orElseThrow();
  }

  private static OnnxTensor floats(FloatBuffer values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(ENVIRONMENT, values, shape);
  }

  private static OnnxTensor longs(long[] values, long... shape) throws OrtException {
    LongBuffer direct =
        ByteBuffer.allocateDirect(values.length * Long.BYTES)
            .order(ByteOrder.nativeOrder())
            .asLongBuffer()
            .put(0, values);
    return OnnxTensor.createTensor(ENVIRONMENT, direct, shape);
  }

  private static long[] shape(long... shape) {
    return shape;
  }

  /** Room for so many numbers of four bytes. */
  private static ByteBuffer direct(int numbers) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(numbers, Float.BYTES))
        .order(ByteOrder.nativeOrder());
  }
}
