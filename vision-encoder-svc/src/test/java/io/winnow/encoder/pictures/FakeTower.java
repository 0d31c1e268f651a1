package io.winnow.encoder.pictures;

import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.RuntimeFullException;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.v1.VisionManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A vision tower whose tokens tell which picture they are of, with a reader for files that are
 * text. A file that is the name of a refusal is refused so; "defect" fails as a defect does, and
 * the tower has no room for "full". While it is held, encoding waits, as it does in native code.
 */
public final class FakeTower implements EncoderRuntime {

  private static final int PATIENCE_SECONDS = 30;

  private final VisionManifest manifest;
  private final int hiddenSize;
  private final Semaphore entered = new Semaphore(0);
  private final AtomicInteger encodes = new AtomicInteger();
  private final List<String> traceparents = new CopyOnWriteArrayList<>();
  private boolean held; // guarded by this
  private boolean closed; // guarded by this

  public FakeTower(int rows, int columns, int hiddenSize) {
    this.manifest = VisionManifest.newBuilder().setGridRows(rows).setGridColumns(columns).build();
    this.hiddenSize = hiddenSize;
  }

  /** This tower as a model. */
  public EncoderModel model(String name) {
    return new EncoderModel(name, FakeTower::prepare, this);
  }

  /** The number that stands at a place of a picture's tokens. */
  public static float value(String file, int token, int column) {
    return (file.hashCode() & 0xff) * 1e6f + token * 64f + column % 64;
  }

  public static float saliency(int token) {
    return 1f / (1 + token);
  }

  /** From now on encoding waits. */
  public synchronized void hold() {
    held = true;
  }

  public synchronized void release() {
    held = false;
    notifyAll();
  }

  /** Waits until so many further encodings have begun. */
  public void awaitEncodes(int count) throws InterruptedException {
    if (!entered.tryAcquire(count, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("no encoding began");
    }
  }

  /** What came with each encoding; empty without a trace. */
  public List<String> traceparents() {
    return traceparents;
  }

  /** How many encodings have begun. */
  public int encodes() {
    return encodes.get();
  }

  public synchronized boolean isClosed() {
    return closed;
  }

  @Override
  public VisionManifest manifest() {
    return manifest;
  }

  @Override
  public synchronized boolean alive() {
    return !closed;
  }

  @Override
  public EncodedPicture encode(FloatBuffer pixelValues, Optional<String> traceparent) {
    traceparents.add(traceparent.orElse(""));
    encodes.incrementAndGet();
    entered.release();
    awaitRelease();
    if (pixelValues.get(0) == ("full".hashCode() & 0xff)) {
      throw new RuntimeFullException("full");
    }
    int tokens = manifest.getGridRows() * manifest.getGridColumns();
    FloatBuffer visual = floats(tokens * hiddenSize); // [tokens, hidden]
    float[] saliency = new float[tokens];
    for (int token = 0; token < tokens; token++) {
      saliency[token] = saliency(token);
      for (int column = 0; column < hiddenSize; column++) {
        visual.put(pixelValues.get(0) * 1e6f + token * 64f + column % 64);
      }
    }
    return new EncodedPicture(visual.flip().asReadOnlyBuffer(), saliency, hiddenSize);
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }

  private synchronized void awaitRelease() {
    try {
      while (held && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (closed) {
      throw new RuntimeStoppedException("closed");
    }
  }

  private static PreparedPicture prepare(byte[] file) throws RefusedException {
    String text = new String(file, StandardCharsets.UTF_8);
    if (text.equals("defect")) {
      throw new StackOverflowError("a decoder's defect");
    }
    for (EncoderFailure.Reason reason : EncoderFailure.Reason.values()) {
      if (text.equals(reason.name())) {
        throw new RefusedException(reason, "refused as " + reason);
      }
    }
    return new PreparedPicture(640, 480, floats(1).put(0, text.hashCode() & 0xff));
  }

  private static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
