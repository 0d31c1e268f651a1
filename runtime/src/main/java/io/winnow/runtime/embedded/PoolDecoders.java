package io.winnow.runtime.embedded;

import ai.onnxruntime.OrtException;
import io.winnow.runtime.Sampler;
import io.winnow.v1.DecoderManifest;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** The decode batches of all pools, one per number of rows. Engine thread only. */
final class PoolDecoders implements AutoCloseable {

  private final DecoderModel model;
  private final Map<KvPool, Map<Integer, DecodeBatch>> batches = new IdentityHashMap<>();

  PoolDecoders(DecoderModel model, List<KvPool> pools) {
    this.model = model;
    pools.forEach(pool -> batches.put(pool, new HashMap<>()));
  }

  /** One token further for generations of one pool; gives the logits of its rows. */
  LogitRows step(KvPool pool, List<LiveGeneration> ready, NativeRuns.Run run) throws OrtException {
    int rows = 0;
    boolean fullRows = false;
    for (LiveGeneration generation : ready) {
      rows = Math.max(rows, generation.seat().orElseThrow().slot() + 1);
      fullRows |= needsFullRow(generation);
    }
    return batch(pool, rows).run(ready, fullRows, run);
  }

  @Override
  public void close() {
    batches.values().forEach(byRows -> byRows.values().forEach(DecodeBatch::close));
  }

  private DecodeBatch batch(KvPool pool, int rows) throws OrtException {
    Map<Integer, DecodeBatch> byRows = batches.computeIfAbsent(pool, key -> new HashMap<>());
    DecodeBatch cached = byRows.get(rows);
    if (cached != null) {
      return cached;
    }
    DecodeBatch made = new DecodeBatch(model, pool, rows);
    byRows.put(rows, made);
    return made;
  }

  private boolean needsFullRow(LiveGeneration generation) {
    DecoderManifest manifest = model.manifest();
    return Sampler.needsFullRow(
        generation.request().sampling(), manifest.getCandidates(), manifest.getVocabularySize());
  }
}
