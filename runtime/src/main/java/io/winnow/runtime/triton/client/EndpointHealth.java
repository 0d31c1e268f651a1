package io.winnow.runtime.triton.client;

/**
 * Whether an endpoint of a pool takes part. Healthy until too many calls in a row failed; then left
 * out for a time that doubles; then probed, and healthy again if the probe succeeds. Thread-safe.
 */
final class EndpointHealth {

  private final EjectionSettings settings;
  private int failuresInARow;
  private int ejections;
  private boolean ejected;
  private boolean probing;
  private long dueNanos;

  EndpointHealth(EjectionSettings settings) {
    this.settings = settings;
  }

  synchronized boolean healthy() {
    return !ejected;
  }

  /** When it is to be probed, on the clock that the failures were reported on; if ejected. */
  synchronized long dueNanos() {
    return dueNanos;
  }

  /** A call was answered, with whatever. */
  synchronized void onAnswer() {
    failuresInARow = 0;
    ejections = 0;
    ejected = false;
  }

  /** A call failed because of the endpoint. */
  synchronized void onFailure(long nowNanos) {
    failuresInARow++;
    if (!ejected && failuresInARow >= settings.failures()) {
      eject(nowNanos);
    }
  }

  /** Whether the caller shall probe it now, and report the outcome; true for one caller only. */
  synchronized boolean takeProbe(long nowNanos) {
    if (!ejected || probing || nowNanos - dueNanos < 0) {
      return false;
    }
    probing = true;
    return true;
  }

  /** The probe that was taken has ended. */
  synchronized void onProbe(boolean ready, long nowNanos) {
    probing = false;
    if (ready) {
      onAnswer();
    } else if (ejected) {
      eject(nowNanos);
    }
  }

  private void eject(long nowNanos) {
    ejected = true;
    failuresInARow = 0;
    double backoff =
        Math.min(
            settings.longestBackoff().toNanos(),
            settings.firstBackoff().toNanos() * Math.pow(2, ejections));
    ejections++;
    dueNanos = nowNanos + (long) backoff;
  }
}
