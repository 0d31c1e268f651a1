package io.winnow.encoder.pictures;

import java.util.concurrent.atomic.AtomicLong;

/** Bounds the bytes of all picture files that are held at a time. Thread-safe. */
final class UploadBudget {

  private final long maxBytes;
  private final AtomicLong held = new AtomicLong();

  UploadBudget(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Takes so many bytes, all or none. */
  boolean take(long bytes) {
    if (held.addAndGet(bytes) <= maxBytes) {
      return true;
    }
    held.addAndGet(-bytes);
    return false;
  }

  void giveBack(long bytes) {
    held.addAndGet(-bytes);
  }

  long held() {
    return held.get();
  }
}
