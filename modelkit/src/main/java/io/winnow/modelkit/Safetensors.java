package io.winnow.modelkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * The tensors of a checkpoint: the shards that model.safetensors.index.json names, or
 * model.safetensors, or all safetensors files of the folder. The files stay open; a tensor is read
 * when it is asked for. Not thread-safe.
 */
final class Safetensors implements AutoCloseable {

  private static final String SINGLE_FILE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String LFS_POINTER = "version "; // how it begins
  private static final int LENGTH_BYTES = 8;
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private final Map<String, SafetensorsTensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> unreadable = new HashMap<>(); // dtype by name
  private final List<FileChannel> channels = new ArrayList<>();
  private final ByteBuffer buffer = SafetensorsTensor.buffer();
  private final Set<String> taken = new HashSet<>();
  private LongConsumer onTaken = bytes -> {};

  private Safetensors() {}

  static Safetensors open(Path checkpoint) {
    Safetensors result = new Safetensors();
    try {
      for (String file : files(checkpoint)) {
        result.read(checkpoint.resolve(file), file);
      }
      return result;
    } catch (ExportException e) {
      result.close();
      throw e;
    }
  }

  @Override
  public void close() {
    for (FileChannel channel : channels) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException("a file of the checkpoint cannot be closed", e);
      }
    }
  }

  /** The files that hold the weights, sorted by name. */
  static Iterable<String> files(Path checkpoint) {
    TreeSet<String> files = new TreeSet<>();
    if (Files.exists(checkpoint.resolve(INDEX))) {
      JsonFields map = JsonFields.read(checkpoint.resolve(INDEX)).object("weight_map");
      for (String tensor : map.keys()) {
        files.add(shard(map, tensor));
      }
    } else if (Files.exists(checkpoint.resolve(SINGLE_FILE))) {
      files.add(SINGLE_FILE);
    } else {
      files.addAll(unlistedFiles(checkpoint));
    }
    return files;
  }

  /** Whether a folder holds any. */
  static boolean areIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.toString().endsWith(".safetensors"));
    }
  }

  private static List<String> unlistedFiles(Path checkpoint) {
    try (Stream<Path> files = Files.list(checkpoint)) {
      List<String> names = files.map(file -> file.getFileName().toString()).toList();
      List<String> weights = names.stream().filter(name -> name.endsWith(".safetensors")).toList();
      if (weights.isEmpty()) {
        boolean pickled = names.stream().anyMatch(name -> name.matches("pytorch_model.*\\.bin"));
        throw new ExportException(
            pickled
                ? "the checkpoint has its weights in pytorch_model*.bin and no "
                    + SINGLE_FILE
                    + ": convert them, see \"Weights\" in docs/checkpoints.md"
                : "the checkpoint has no " + SINGLE_FILE + " and no other safetensors file");
      }
      return weights;
    } catch (IOException e) {
      throw new ExportException("cannot read the checkpoint's folder " + checkpoint, e);
    }
  }

  private static String shard(JsonFields map, String tensor) {
    String file = map.text(tensor);
    if (!file.equals(Path.of(file).normalize().getFileName().toString())) {
      throw map.unsupported(tensor, "names of files in the checkpoint folder");
    }
    return file;
  }

  /** Size of all tensors. */
  long bytes() {
    return tensors.values().stream().mapToLong(SafetensorsTensor::bytes).sum();
  }

  /** Tells the listener the size of each tensor when it is asked for from now on, once. */
  void onTaken(LongConsumer listener) {
    taken.clear();
    onTaken = listener;
  }

  boolean has(String name) {
    return tensors.containsKey(name) || unreadable.containsKey(name);
  }

  /** The tensor with this name, whose shape must be as given. */
  SafetensorsTensor get(String name, long... shape) {
    SafetensorsTensor tensor = tensors.get(name);
    if (unreadable.containsKey(name)) {
      throw new ExportException(
          "tensor "
              + name
              + " has dtype "
              + unreadable.get(name)
              + ", supported: "
              + SafetensorsTensor.Type.names());
    }
    if (tensor == null) {
      throw new ExportException("the checkpoint has no tensor " + name);
    }
    if (!Arrays.equals(tensor.shape(), shape)) {
      throw new ExportException(
          "tensor "
              + name
              + " has shape "
              + Arrays.toString(tensor.shape())
              + ", config.json asks for "
              + Arrays.toString(shape));
    }
    if (taken.add(name)) {
      onTaken.accept(tensor.bytes());
    }
    return tensor;
  }

  private void read(Path path, String file) {
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      channels.add(channel);
      long headerBytes = headerBytes(channel, file);
      ByteBuffer header = ByteBuffer.allocate((int) headerBytes);
      readFully(channel, header, LENGTH_BYTES);
      JsonFields entries = JsonFields.parse(file, text(header));
      long dataStart = LENGTH_BYTES + headerBytes;
      for (String name : entries.keys()) {
        if (!name.equals("__metadata__")) {
          add(channel, file, name, entries.object(name), dataStart);
        }
      }
    } catch (IOException e) {
      throw new ExportException("cannot read " + file + " of the checkpoint", e);
    }
  }

  /** Tensors of other types may be there, such as the position numbers of old towers. */
  private void add(FileChannel channel, String file, String name, JsonFields entry, long dataStart)
      throws IOException {
    if (has(name)) {
      throw new ExportException("tensor " + name + " is in two files of the checkpoint");
    }
    Optional<SafetensorsTensor.Type> type = SafetensorsTensor.Type.named(entry.text("dtype"));
    if (type.isEmpty()) {
      unreadable.put(name, entry.text("dtype"));
      return;
    }
    tensors.put(name, tensor(channel, file, name, type.get(), entry, dataStart));
  }

  private static long headerBytes(FileChannel channel, String file) throws IOException {
    ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (channel.size() < LENGTH_BYTES) {
      throw new ExportException(file + " is truncated: it has " + channel.size() + " bytes");
    }
    readFully(channel, length, 0);
    if (text(length.duplicate().position(LENGTH_BYTES)).equals(LFS_POINTER)) {
      throw new ExportException(
          file + " is a pointer of Git LFS, not the file: fetch it with git lfs pull");
    }
    long bytes = length.getLong(0);
    if (bytes < 2 || bytes > MAX_HEADER_BYTES) {
      throw new ExportException(file + " is not a safetensors file: header of " + bytes + " bytes");
    }
    if (LENGTH_BYTES + bytes > channel.size()) {
      throw new ExportException(file + " is truncated: its header alone has " + bytes + " bytes");
    }
    return bytes;
  }

  private SafetensorsTensor tensor(
      FileChannel channel,
      String file,
      String name,
      SafetensorsTensor.Type type,
      JsonFields entry,
      long dataStart)
      throws IOException {
    long[] shape = longs(entry.node("shape"));
    long[] offsets = longs(entry.node("data_offsets"));
    long bytes = bytes(name, shape, type);
    if (offsets.length != 2 || offsets[0] < 0 || offsets[1] - offsets[0] != bytes) {
      throw new ExportException(
          file + ": tensor " + name + " has data_offsets that do not fit its shape");
    }
    if (dataStart + offsets[1] > channel.size()) {
      throw new ExportException(
          file
              + " is truncated: tensor "
              + name
              + " ends at byte "
              + (dataStart + offsets[1])
              + ", the file has "
              + channel.size());
    }
    return new SafetensorsTensor(channel, name, type, shape, dataStart + offsets[0], buffer);
  }

  private static long bytes(String name, long[] shape, SafetensorsTensor.Type type) {
    try {
      return Arrays.stream(shape).reduce(type.bytes(), Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw new ExportException("tensor " + name + " has a shape beyond all bounds", e);
    }
  }

  private static long[] longs(JsonNode list) {
    long[] values = new long[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).asLong(-1);
    }
    return values;
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
  }

  private static void readFully(FileChannel channel, ByteBuffer buffer, long position)
      throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("unexpected end of file");
      }
    }
  }
}
