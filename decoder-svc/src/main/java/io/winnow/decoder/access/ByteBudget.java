package io.winnow.decoder.access;

import java.util.concurrent.atomic.AtomicLong;

/** Bounds the bytes that all requests together hold in memory. Thread-safe. */
public final class ByteBudget {

  private final AtomicLong free;

  /**
   * @param bytes the bound
   */
  public ByteBudget(long bytes) {
    this.free = new AtomicLong(bytes);
  }

  public Lease lease() {
    return new Lease();
  }

  /** Bytes not reserved now. */
  public long free() {
    return free.get();
  }

  /** One request's share; grows until it is closed. */
  public final class Lease implements AutoCloseable {

    private long held;
    private boolean closed;

    private Lease() {}

    /** Takes that many bytes more; false if they are not there. */
    public synchronized boolean reserve(long bytes) {
      if (closed) {
        return false;
      }
      if (free.addAndGet(-bytes) < 0) {
        free.addAndGet(bytes);
        return false;
      }
      held += bytes;
      return true;
    }

    /** Returns everything; without effect after the first time. */
    @Override
    public synchronized void close() {
      closed = true;
      free.addAndGet(held);
      held = 0;
    }
  }
}
