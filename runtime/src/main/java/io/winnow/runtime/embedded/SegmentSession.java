package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.winnow.v1.SegmentManifest;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** One segment's graph, loaded. Its inputs and outputs are those of docs/decoder-graph.md. */
final class SegmentSession implements AutoCloseable {

  private final OrtSession session;
  private final SegmentManifest manifest;

  SegmentSession(Path graph, SegmentManifest manifest, int intraOpThreads) throws OrtException {
    this.session = open(graph, intraOpThreads);
    this.manifest = manifest;
  }

  /** Loads a graph with the options that suit inputs of varying shape. */
  static OrtSession open(Path graph, int intraOpThreads) throws OrtException {
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(intraOpThreads);
      options.setInterOpNumThreads(1);
      // A pattern is kept for every shape ever seen, and prompts have all shapes.
      options.setMemoryPatternOptimization(false);
      // Each session has its own threads: spinning ones would steal the next segment's cores.
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      // The environment variable ORT_DISABLE_TELEMETRY says more: see docs/dependencies.md.
      environment.setTelemetry(false);
      return environment.createSession(graph.toString(), options);
    }
  }

  int firstLayer() {
    return manifest.getFirstLayer();
  }

  int layers() {
    return manifest.getLayerCount();
  }

  /**
   * Runs the segment; keys and values of its layers are written in place.
   *
   * @param inputs all inputs but the KV caches
   * @param outputs wanted outputs but the KV caches
   */
  OrtSession.Result run(
      Map<String, OnnxTensor> inputs, KvPool.Rows kv, Set<String> outputs, NativeRuns.Run run)
      throws OrtException {
    Map<String, OnnxTensor> all = new HashMap<>(inputs);
    Map<String, OnnxTensor> pinned = new HashMap<>();
    for (int layer = firstLayer(); layer < firstLayer() + layers(); layer++) {
      all.put("past_key_" + layer, kv.keys().get(layer));
      all.put("past_value_" + layer, kv.values().get(layer));
      pinned.put("present_key_" + layer, kv.keys().get(layer));
      pinned.put("present_value_" + layer, kv.values().get(layer));
    }
    return session.run(all, outputs, pinned, run.options());
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
