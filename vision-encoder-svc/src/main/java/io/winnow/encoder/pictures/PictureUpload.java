package io.winnow.encoder.pictures;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A picture file on its way in. It holds a share of the upload budget until it is closed. One
 * thread at a time; {@link #close()} may come from any.
 */
public final class PictureUpload implements AutoCloseable {

  private final PictureKey key;
  private final EncoderModel model;
  private final UploadBudget budget;
  private final PictureTrace trace;
  private final byte[] file;
  private final MessageDigest digest = sha256();
  private final AtomicBoolean closed = new AtomicBoolean();
  private int received;

  /** Takes over {@code length} bytes that were taken from the budget. */
  PictureUpload(
      PictureKey key, EncoderModel model, int length, UploadBudget budget, PictureTrace trace) {
    this.key = key;
    this.model = model;
    this.budget = budget;
    this.trace = trace;
    this.file = new byte[length];
  }

  /** Appends a piece; hashing it here spreads that work over the upload. */
  public void add(ByteBuffer piece) {
    int length = piece.remaining();
    piece.get(file, received, length);
    digest.update(file, received, length);
    received += length;
  }

  public boolean isComplete() {
    return received == file.length;
  }

  /** Gives the share of the budget back. Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      budget.giveBack(file.length);
    }
  }

  PictureKey key() {
    return key;
  }

  PictureTrace trace() {
    return trace;
  }

  /** The model that the picture is for. */
  EncoderModel model() {
    return model;
  }

  /** The whole file; not copied. */
  byte[] file() {
    return file;
  }

  /** Whether the complete file is the announced one; to be asked once. */
  boolean hasAnnouncedHash() {
    return HexFormat.of().formatHex(digest.digest()).equals(key.sha256());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
