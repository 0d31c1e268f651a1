package io.winnow.runtime.triton.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * POSIX shared memory of this process, for a server on the same host to map. Create it, register it
 * ({@link SharedMemoryControl#register}), then {@link #unlink} it at once: both sides keep the
 * memory, and nothing is left behind when a process dies. Linux only. Not thread-safe.
 */
public final class SharedRegion {

  private static final Path FOLDER = Path.of("/dev/shm");
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int ZEROS = 1 << 16;

  private final String name;
  private final Path file;
  private final MappedByteBuffer memory;

  private SharedRegion(String name, Path file, MappedByteBuffer memory) {
    this.name = name;
    this.file = file;
    this.memory = memory;
  }

  /** Whether this system has POSIX shared memory where this class looks for it. */
  public static boolean supported() {
    return Files.isDirectory(FOLDER) && Files.isWritable(FOLDER);
  }

  /**
   * Takes memory, readable by this user only, under a name that cannot be guessed: a server that
   * opens it shares the memory of this host.
   *
   * @param byteSize positive
   * @throws IOException if there is no such memory left
   */
  public static SharedRegion create(int byteSize) throws IOException {
    if (byteSize <= 0) {
      throw new IllegalArgumentException("a region of " + byteSize + " bytes");
    }
    String name = RegionName.ofThisProcess(RANDOM.nextLong());
    Path file = FOLDER.resolve(name);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      fill(channel, byteSize);
      return new SharedRegion(name, file, channel.map(FileChannel.MapMode.READ_WRITE, 0, byteSize));
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /**
   * Writes every page: a sparse file would fail when it is touched, as a fault in the middle of the
   * program, instead of here.
   */
  private static void fill(FileChannel channel, int byteSize) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(byteSize, ZEROS));
    int left = byteSize;
    while (left > 0) {
      zeros.clear().limit(Math.min(left, zeros.capacity()));
      left -= channel.write(zeros);
    }
  }

  /** Name to register it under, and to use in requests. */
  public String name() {
    return name;
  }

  /** Name of the POSIX object. */
  public String key() {
    return "/" + name;
  }

  /** Size, bytes. */
  public int byteSize() {
    return memory.capacity();
  }

  /** What {@link SharedMemoryControl#register} takes. */
  public SharedMemoryControl.SystemRegion description() {
    return new SharedMemoryControl.SystemRegion(name, key(), 0, byteSize());
  }

  /** The whole memory: a fresh view, little-endian. It stays valid while the view is held. */
  public ByteBuffer memory() {
    return memory.duplicate().clear().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A tensor in it.
   *
   * @param offset where its data begins, bytes
   * @param byteSize length of its data, bytes
   * @param shape sizes, outermost first
   */
  public SharedTensor tensor(TensorType type, long offset, long byteSize, long... shape) {
    if (offset < 0 || byteSize < 0 || offset + byteSize > byteSize()) {
      throw new IllegalArgumentException(
          byteSize + " bytes at " + offset + " are not within " + byteSize());
    }
    return new SharedTensor(type, Arrays.stream(shape).boxed().toList(), name, offset, byteSize);
  }

  /** Takes the name away; whoever has the memory mapped keeps it. Idempotent. */
  public void unlink() throws IOException {
    Files.deleteIfExists(file);
  }
}
