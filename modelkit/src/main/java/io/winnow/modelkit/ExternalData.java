package io.winnow.modelkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The file beside an ONNX graph that holds its weights, each at the start of a page. */
final class ExternalData implements AutoCloseable {

  private static final int PAGE_BYTES = 4096;

  private final String fileName;
  private final FileChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
  private long position;

  ExternalData(Path file) throws IOException {
    this.fileName = file.getFileName().toString();
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Where the weights of a graph stand. */
  static Path beside(Path graph) {
    return graph.resolveSibling(graph.getFileName() + ".data");
  }

  String fileName() {
    return fileName;
  }

  /** Appends a weight and says where it stands. */
  Place append(Weight weight) throws IOException {
    while (position % PAGE_BYTES != 0) {
      put((byte) 0);
    }
    long start = position;
    weight.writeTo(
        (values, count) -> {
          for (int i = 0; i < count; i++) {
            put(values[i]);
          }
        });
    return new Place(start, position - start);
  }

  private void put(byte value) throws IOException {
    makeRoom();
    buffer.put(value);
    position += Byte.BYTES;
  }

  private void put(float value) throws IOException {
    makeRoom();
    buffer.putFloat(value);
    position += Float.BYTES;
  }

  private void makeRoom() throws IOException {
    if (buffer.remaining() < Float.BYTES) {
      flush();
    }
  }

  private void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      flush();
    }
  }

  /** A run of bytes in the file. */
  record Place(long offset, long length) {}
}
