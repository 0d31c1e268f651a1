package io.winnow.modelkit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Writes safetensors files. */
final class SafetensorsFile {

  private SafetensorsFile() {}

  /** The data of a tensor. */
  interface Content {
    byte[] bytes(String name, long[] shape);
  }

  /**
   * @param dtype as the file names it, for example F32
   * @param tensors shapes by name
   */
  static void write(Path file, String dtype, Map<String, long[]> tensors, Content content)
      throws IOException {
    ObjectNode header = new ObjectMapper().createObjectNode();
    List<byte[]> parts = new ArrayList<>();
    long end = 0;
    for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
      byte[] bytes = content.bytes(tensor.getKey(), tensor.getValue());
      ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", dtype);
      Arrays.stream(tensor.getValue()).forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(end).add(end + bytes.length);
      end += bytes.length;
      parts.add(bytes);
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = littleEndian(Math.toIntExact(Long.BYTES + json.length + end));
    all.putLong(json.length).put(json);
    parts.forEach(all::put);
    Files.write(file, all.array());
  }

  static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
