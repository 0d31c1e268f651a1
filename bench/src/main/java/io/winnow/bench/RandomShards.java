package io.winnow.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.modelkit.Float16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/** Safetensors files full of random fp16 numbers, written block by block, with an index. */
final class RandomShards {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SHARD_BYTES = 4L << 30;
  private static final int BLOCK_BYTES = 1 << 20;
  private static final int LEVELS = 1 << 16; // values that a tensor's elements are drawn from

  private final SplittableRandom random;
  private final float[] normal; // [LEVELS]: a standard normal sample

  private RandomShards(long seed) {
    this.random = new SplittableRandom(seed);
    this.normal = new float[LEVELS];
    Random gaussian = new Random(seed);
    for (int i = 0; i < LEVELS; i++) {
      normal[i] = (float) gaussian.nextGaussian();
    }
  }

  /**
   * Writes the tensors.
   *
   * @param tensors shapes by name, in the order of the files
   */
  static void write(Path folder, Map<String, long[]> tensors, long seed) throws IOException {
    RandomShards writer = new RandomShards(seed);
    List<Map<String, long[]>> shards = shards(tensors);
    ObjectNode index = JSON.createObjectNode();
    ObjectNode places = index.putObject("weight_map");
    for (int number = 1; number <= shards.size(); number++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(number, shards.size());
      Map<String, long[]> shard = shards.get(number - 1);
      shard.keySet().forEach(tensor -> places.put(tensor, file));
      writer.write(folder.resolve(file), shard);
    }
    JSON.writeValue(folder.resolve("model.safetensors.index.json").toFile(), index);
  }

  private static List<Map<String, long[]>> shards(Map<String, long[]> tensors) {
    List<Map<String, long[]>> shards = new ArrayList<>();
    long bytes = SHARD_BYTES;
    for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
      long added = bytes(tensor.getValue());
      if (bytes + added > SHARD_BYTES) {
        shards.add(new LinkedHashMap<>());
        bytes = 0;
      }
      shards.get(shards.size() - 1).put(tensor.getKey(), tensor.getValue());
      bytes += added;
    }
    return shards;
  }

  private void write(Path file, Map<String, long[]> tensors) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    long end = 0;
    for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
      ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", "F16");
      Arrays.stream(tensor.getValue()).forEach(entry.putArray("shape")::add);
      long start = end;
      end += bytes(tensor.getValue());
      entry.putArray("data_offsets").add(start).add(end);
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      drain(block.putLong(json.length), channel);
      drain(ByteBuffer.wrap(json).position(json.length), channel);
      for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
        writeTensor(channel, block, tensor.getKey(), tensor.getValue());
      }
    }
  }

  private void writeTensor(FileChannel channel, ByteBuffer block, String name, long[] shape)
      throws IOException {
    short[] levels = levels(name, shape);
    for (long left = bytes(shape); left > 0; ) {
      int bytes = (int) Math.min(BLOCK_BYTES, left);
      block.clear();
      while (block.position() + Long.BYTES <= bytes) {
        long bits = random.nextLong();
        block.putShort(levels[(int) bits & 0xffff]);
        block.putShort(levels[(int) (bits >>> 16) & 0xffff]);
        block.putShort(levels[(int) (bits >>> 32) & 0xffff]);
        block.putShort(levels[(int) (bits >>> 48)]);
      }
      while (block.position() < bytes) {
        block.putShort(levels[random.nextInt(LEVELS)]);
      }
      drain(block, channel);
      left -= bytes;
    }
  }

  /** Norms around 1, biases small, matrices so that activations keep their size. [LEVELS] */
  private short[] levels(String name, long[] shape) {
    boolean norm = name.contains("norm") && name.endsWith("weight");
    double inputs = shape.length == 1 ? 2500 : elements(shape) / (double) shape[0];
    double scale = norm ? 0.1 : 1 / Math.sqrt(inputs);
    short[] levels = new short[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
      levels[i] = Float16.fromFloat((float) ((norm ? 1 : 0) + scale * normal[i]));
    }
    return levels;
  }

  private static void drain(ByteBuffer block, FileChannel channel) throws IOException {
    block.flip();
    while (block.hasRemaining()) {
      channel.write(block);
    }
  }

  private static long bytes(long[] shape) {
    return elements(shape) * Short.BYTES;
  }

  private static long elements(long[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }
}
