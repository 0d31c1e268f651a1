package io.winnow.modelkit;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.util.JsonFormat;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.ModelManifest;
import io.winnow.v1.SegmentManifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs exported graphs with plain arrays, one call at a time. */
final class GraphRunner implements AutoCloseable {

  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

  private final ModelManifest manifest;
  private final OrtSession vision;
  private final List<OrtSession> segments = new ArrayList<>();

  private GraphRunner(Path repository, ModelManifest manifest) throws OrtException {
    this.manifest = manifest;
    this.vision = session(repository.resolve(manifest.getVision().getGraph()));
    for (SegmentManifest segment : manifest.getDecoder().getSegmentsList()) {
      segments.add(session(repository.resolve(segment.getGraph())));
    }
  }

  static GraphRunner open(Path repository, String name) throws IOException, OrtException {
    ModelManifest.Builder manifest = ModelManifest.newBuilder();
    Path file = repository.resolve(name + "-decoder").resolve("manifest.json");
    JsonFormat.parser().merge(Files.readString(file), manifest);
    return new GraphRunner(repository, manifest.build());
  }

  static OrtSession session(Path graph) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      return ENVIRONMENT.createSession(graph.toString(), options);
    }
  }

  ModelManifest manifest() {
    return manifest;
  }

  DecoderManifest decoder() {
    return manifest.getDecoder();
  }

  /** The visual tokens and the saliency of one picture. */
  Values encode(float[] pixels) throws OrtException {
    int size = manifest.getVision().getImageHeight();
    try (OnnxTensor input = floats(pixels, 1, 3, size, size);
        OrtSession.Result result = vision.run(Map.of("pixel_values", input))) {
      return Values.of(result);
    }
  }

  /** An empty cache of all layers. */
  Cache cache(int rows, int capacity) throws OrtException {
    DecoderManifest decoder = decoder();
    return new Cache(
        decoder.getLayers(),
        new long[] {rows, decoder.getKvHeads(), capacity, decoder.getHeadDim()},
        decoder.getWeights().equals("fp16") ? OnnxJavaType.FLOAT16 : OnnxJavaType.FLOAT);
  }

  /** Runs all segments; the caches grow by the tokens that entered each layer. */
  List<Values> run(Call call, Cache cache) throws OrtException {
    List<Values> results = new ArrayList<>();
    Values flow =
        new Values(
            Map.of(
                "positions_out", call.positions,
                "spans_out", call.spans,
                "scores_out", call.scores),
            Map.of());
    for (int number = 0; number < segments.size(); number++) {
      flow = runSegment(number, call, flow, cache);
      results.add(flow);
    }
    return results;
  }

  private Values runSegment(int number, Call call, Values before, Cache cache) throws OrtException {
    SegmentManifest segment = decoder().getSegments(number);
    int first = segment.getFirstLayer();
    int layers = segment.getLayerCount();
    Map<String, OnnxTensorLike> inputs = new HashMap<>();
    Map<String, OnnxValue> pinned = new HashMap<>();
    List<OnnxTensor> own = new ArrayList<>();
    try {
      addFlow(number, call, before, inputs);
      int[][] lengths = Arrays.copyOfRange(cache.lengths, first, first + layers);
      inputs.put("cached_lengths", ints(lengths, call.rows));
      inputs.put("keep", longs(flatten(call.keep, first, layers), layers, call.keep[0].length));
      inputs.put("ranking", scalar(call.ranking));
      inputs.put("observe", scalar(call.observe));
      inputs.put("text_start", scalar(call.textStart));
      if (number == segments.size() - 1) {
        inputs.put("logit_rows", longs(call.logitRows, call.logitRows.length));
      }
      inputs.values().forEach(tensor -> own.add((OnnxTensor) tensor));
      for (int layer = first; layer < first + layers; layer++) {
        cache.bind(layer, inputs, pinned);
      }
      OrtSession session = segments.get(number);
      Set<String> wanted = new HashSet<>(session.getOutputNames());
      wanted.removeAll(pinned.keySet());
      try (OrtSession.Result result = session.run(inputs, wanted, pinned)) {
        Values values = Values.of(result);
        cache.grow(first, layers, call, before, values);
        return values;
      }
    } finally {
      own.forEach(OnnxTensor::close);
    }
  }

  private void addFlow(int number, Call call, Values before, Map<String, OnnxTensorLike> inputs)
      throws OrtException {
    int rows = call.rows;
    int tokens = before.longs("positions_out").length / rows;
    int hidden = decoder().getHiddenSize();
    if (number == 0) {
      inputs.put("token_ids", longs(call.tokenIds, rows, tokens));
      inputs.put(
          "visual_tokens", floats(call.visualTokens, call.visualTokens.length / hidden, hidden));
    } else {
      inputs.put("hidden", floats(before.floats("hidden_out"), rows, tokens, hidden));
    }
    inputs.put("positions", longs(before.longs("positions_out"), rows, tokens));
    inputs.put("spans", longs(before.longs("spans_out"), rows, tokens));
    inputs.put("scores", floats(before.floats("scores_out"), rows, tokens));
  }

  private static long[] flatten(long[][] keep, int first, int layers) {
    return Arrays.stream(keep, first, first + layers).flatMapToLong(Arrays::stream).toArray();
  }

  private static OnnxTensor floats(float[] values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(values), shape);
  }

  private static OnnxTensor longs(long[] values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(ENVIRONMENT, LongBuffer.wrap(values), shape);
  }

  private static OnnxTensor scalar(long value) throws OrtException {
    return longs(new long[] {value});
  }

  private static OnnxTensor ints(int[][] values, int rows) throws OrtException {
    int[] flat = Arrays.stream(values).flatMapToInt(row -> Arrays.stream(row, 0, rows)).toArray();
    return OnnxTensor.createTensor(
        ENVIRONMENT, IntBuffer.wrap(flat), new long[] {values.length, rows});
  }

  @Override
  public void close() throws OrtException {
    vision.close();
    for (OrtSession segment : segments) {
      segment.close();
    }
  }

  /** One call of the decoder; the fields have the names and meanings of the graph's inputs. */
  static final class Call {
    final int rows;
    final long[] tokenIds;
    final long[] positions;
    long[] spans;
    float[] visualTokens = {};
    float[] scores;
    long[][] keep;
    long ranking;
    long observe;
    long textStart;
    long[] logitRows = {-1};

    private Call(int rows, long[] tokenIds, long[] positions, int layers) {
      this.rows = rows;
      this.tokenIds = tokenIds;
      this.positions = positions;
      this.spans = new long[tokenIds.length];
      Arrays.fill(spans, -1);
      this.scores = new float[tokenIds.length];
      this.keep = new long[layers][1];
      for (long[] layer : keep) {
        Arrays.fill(layer, Long.MAX_VALUE);
      }
    }

    /** Tokens of one row, at consecutive positions, all text and all kept. */
    static Call prefill(DecoderManifest decoder, long firstPosition, long... tokenIds) {
      long[] positions = new long[tokenIds.length];
      Arrays.setAll(positions, i -> firstPosition + i);
      return new Call(1, tokenIds, positions, decoder.getLayers());
    }

    /** One token for each row. */
    static Call decode(DecoderManifest decoder, long[] positions, long[] tokenIds) {
      Call call = new Call(tokenIds.length, tokenIds, positions, decoder.getLayers());
      call.logitRows = new long[tokenIds.length];
      Arrays.setAll(call.logitRows, i -> i);
      return call;
    }
  }

  /** Outputs of a run, copied. */
  record Values(Map<String, Object> arrays, Map<String, long[]> shapes) {

    static Values of(OrtSession.Result result) {
      Map<String, Object> arrays = new HashMap<>();
      Map<String, long[]> shapes = new HashMap<>();
      for (Map.Entry<String, OnnxValue> entry : result) {
        OnnxTensor tensor = (OnnxTensor) entry.getValue();
        shapes.put(entry.getKey(), tensor.getInfo().getShape());
        arrays.put(
            entry.getKey(),
            switch (tensor.getInfo().type) {
              case FLOAT -> tensor.getFloatBuffer().array();
              case INT64 -> tensor.getLongBuffer().array();
              case FLOAT16 -> new float[0]; // a cache
              default -> throw new IllegalStateException(entry.getKey());
            });
      }
      return new Values(arrays, shapes);
    }

    float[] floats(String name) {
      return (float[]) arrays.get(name);
    }

    long[] longs(String name) {
      return (long[]) arrays.get(name);
    }

    long[] shape(String name) {
      return shapes.get(name);
    }
  }

  /** The KV caches of all layers, written in place. */
  static final class Cache implements AutoCloseable {
    final int[][] lengths; // [layers][rows]
    private final List<OnnxTensor> keys = new ArrayList<>();
    private final List<OnnxTensor> values = new ArrayList<>();
    private final long[] shape;

    private Cache(int layers, long[] shape, OnnxJavaType type) throws OrtException {
      this.lengths = new int[layers][(int) shape[0]];
      this.shape = shape;
      for (int layer = 0; layer < layers; layer++) {
        keys.add(empty(type));
        values.add(empty(type));
      }
    }

    private OnnxTensor empty(OnnxJavaType type) throws OrtException {
      int elements = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
      ByteBuffer buffer =
          ByteBuffer.allocateDirect(elements * type.size).order(ByteOrder.nativeOrder());
      return type == OnnxJavaType.FLOAT
          ? OnnxTensor.createTensor(ENVIRONMENT, buffer.asFloatBuffer(), shape)
          : OnnxTensor.createTensor(ENVIRONMENT, buffer, shape, type);
    }

    private void bind(
        int layer, Map<String, OnnxTensorLike> inputs, Map<String, OnnxValue> pinned) {
      inputs.put("past_key_" + layer, keys.get(layer));
      inputs.put("past_value_" + layer, values.get(layer));
      pinned.put("present_key_" + layer, keys.get(layer));
      pinned.put("present_value_" + layer, values.get(layer));
    }

    /** Text always stays; of each picture the smallest keep so far, at most what entered. */
    private void grow(int first, int layers, Call call, Values before, Values after) {
      long[] spans = before.longs("spans_out");
      for (int layer = first; layer < first + layers; layer++) {
        long entered = Arrays.stream(spans).filter(span -> span < 0).count();
        for (int picture = 0; picture < call.keep[0].length; picture++) {
          int number = picture;
          long left = Arrays.stream(spans).filter(span -> span == number).count();
          for (int earlier = first; earlier < layer; earlier++) {
            left = Math.min(left, call.keep[earlier][picture]);
          }
          entered += left;
        }
        for (int row = 0; row < call.rows; row++) {
          lengths[layer][row] += (int) (entered / call.rows);
        }
      }
    }

    /** Copies a row of another cache into a row of this one. */
    void copyRow(Cache from, int fromRow, int toRow) {
      for (int layer = 0; layer < lengths.length; layer++) {
        lengths[layer][toRow] = from.lengths[layer][fromRow];
        copy(from.keys.get(layer), from.shape, fromRow, keys.get(layer), toRow);
        copy(from.values.get(layer), from.shape, fromRow, values.get(layer), toRow);
      }
    }

    private void copy(
        OnnxTensor source, long[] sourceShape, int fromRow, OnnxTensor target, int toRow) {
      FloatBuffer in = source.getBufferRef().map(FloatBuffer.class::cast).orElseThrow();
      FloatBuffer out = target.getBufferRef().map(FloatBuffer.class::cast).orElseThrow();
      int headDim = (int) shape[3];
      for (int head = 0; head < shape[1]; head++) {
        int from = (int) ((fromRow * shape[1] + head) * sourceShape[2]) * headDim;
        int to = (int) ((toRow * shape[1] + head) * shape[2]) * headDim;
        int elements = (int) Math.min(sourceShape[2], shape[2]) * headDim;
        for (int i = 0; i < elements; i++) {
          out.put(to + i, in.get(from + i));
        }
      }
    }

    @Override
    public void close() {
      keys.forEach(OnnxTensor::close);
      values.forEach(OnnxTensor::close);
    }
  }
}
