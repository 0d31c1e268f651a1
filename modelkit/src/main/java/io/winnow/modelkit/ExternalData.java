package io.winnow.modelkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The file beside an ONNX graph that holds its weights, each at the start of a page. */
final class ExternalData implements ParameterStore, AutoCloseable {

  private static final int PAGE_BYTES = 4096;

  private final String fileName;
  private final FileChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(Parameter.Sink.MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long flushed;

  ExternalData(Path file) throws IOException {
    this.fileName = file.getFileName().toString();
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Where the weights of a graph stand. */
  static Path beside(Path graph) {
    return graph.resolveSibling(graph.getFileName() + ".data");
  }

  @Override
  public String fileName() {
    return fileName;
  }

  @Override
  public Place append(Parameter parameter) throws IOException {
    while (position() % PAGE_BYTES != 0) {
      room(Byte.BYTES).put((byte) 0);
    }
    long start = position();
    parameter.writeTo(this::room);
    return new Place(start, position() - start);
  }

  private long position() {
    return flushed + buffer.position();
  }

  private ByteBuffer room(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }

  private void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      flushed += channel.write(buffer);
    }
    buffer.clear();
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      flush();
    }
  }
}
