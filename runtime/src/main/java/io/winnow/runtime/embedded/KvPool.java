package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.winnow.v1.DecoderManifest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * KV caches of one capacity class and who holds them. Each layer has one buffer for keys and one
 * for values, [slots, kv heads, capacity, head dim]; a call gets one row of them (prefill) or the
 * first few (decode) as tensors over the same memory, for input and output alike. The memory is
 * allocated when the first generation comes. Engine thread only.
 */
final class KvPool implements AutoCloseable {

  private final KvLayout.SlotClass slotClass;
  private final DecoderManifest manifest;
  private final List<Optional<LiveGeneration>> occupants; // [slots]
  private final List<ByteBuffer> keys = new ArrayList<>(); // [layers] of [slots, heads, cap, dim]
  private final List<ByteBuffer> values = new ArrayList<>(); // [layers] of [slots, heads, cap, dim]
  private final Map<RowRange, Rows> views = new HashMap<>();

  KvPool(KvLayout.SlotClass slotClass, DecoderManifest manifest) {
    this.slotClass = slotClass;
    this.manifest = manifest;
    this.occupants = new ArrayList<>();
    for (int slot = 0; slot < slotClass.slots(); slot++) {
      occupants.add(Optional.empty());
    }
  }

  int capacity() {
    return slotClass.capacity();
  }

  long slotBytes() {
    return slotClass.slotBytes();
  }

  int freeSlots() {
    return (int) occupants.stream().filter(Optional::isEmpty).count();
  }

  /** Bytes that the pool has taken from the system. */
  long allocatedBytes() {
    return keys.isEmpty() ? 0 : slotClass.slotBytes() * slotClass.slots();
  }

  Optional<LiveGeneration> occupant(int slot) {
    return occupants.get(slot);
  }

  /**
   * Takes the lowest free slot: decode steps compute all rows up to the highest live one.
   *
   * @throws OutOfMemoryError if the JVM does not give the pool's memory
   */
  int take(LiveGeneration generation) {
    if (keys.isEmpty()) {
      allocate();
    }
    int slot = occupants.indexOf(Optional.<LiveGeneration>empty());
    occupants.set(slot, Optional.of(generation));
    return slot;
  }

  void free(int slot) {
    occupants.set(slot, Optional.empty());
  }

  /** The cache of one slot, B = 1. */
  Rows row(int slot) throws OrtException {
    return rows(new RowRange(slot, 1));
  }

  /** The caches of the slots 0 to count - 1. */
  Rows firstRows(int count) throws OrtException {
    return rows(new RowRange(0, count));
  }

  @Override
  public void close() {
    views.values().forEach(Rows::close);
    views.clear();
    keys.clear();
    values.clear();
  }

  private void allocate() {
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int index = 0; index < 2 * manifest.getLayers(); index++) {
      buffers.add(Tensors.direct(rowBytes() * slotClass.slots()));
    }
    keys.addAll(buffers.subList(0, manifest.getLayers()));
    values.addAll(buffers.subList(manifest.getLayers(), buffers.size()));
  }

  private Rows rows(RowRange range) throws OrtException {
    Rows cached = views.get(range);
    if (cached != null) {
      return cached;
    }
    Rows made = new Rows(new ArrayList<>(), new ArrayList<>());
    for (int layer = 0; layer < manifest.getLayers(); layer++) {
      made.keys().add(tensor(keys.get(layer), range));
      made.values().add(tensor(values.get(layer), range));
    }
    views.put(range, made);
    return made;
  }

  private OnnxTensor tensor(ByteBuffer buffer, RowRange range) throws OrtException {
    int offset = Math.toIntExact(range.first() * rowBytes());
    int length = Math.toIntExact(range.count() * rowBytes());
    return OnnxTensor.createTensor(
        OrtEnvironment.getEnvironment(),
        buffer.slice(offset, length).order(buffer.order()),
        new long[] {range.count(), manifest.getKvHeads(), capacity(), manifest.getHeadDim()},
        KvElement.of(manifest).type());
  }

  private long rowBytes() {
    return slotClass.slotBytes() / (2L * manifest.getLayers());
  }

  private record RowRange(int first, int count) {}

  /**
   * Tensors over a run of slots.
   *
   * @param keys one per layer // [layers] of [rows, kv heads, capacity, head dim]
   * @param values as the keys
   */
  record Rows(List<OnnxTensor> keys, List<OnnxTensor> values) {

    private void close() {
      keys.forEach(OnnxTensor::close);
      values.forEach(OnnxTensor::close);
    }
  }
}
