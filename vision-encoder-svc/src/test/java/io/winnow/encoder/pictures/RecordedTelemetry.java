package io.winnow.encoder.pictures;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Remembers what it heard. */
public final class RecordedTelemetry implements EncoderTelemetry {

  public final List<Lookup> lookups = new CopyOnWriteArrayList<>();
  public final List<String> encoded = new CopyOnWriteArrayList<>();
  public final List<EncoderFailure.Reason> failures = new CopyOnWriteArrayList<>();
  public final List<Duration> stalls = new CopyOnWriteArrayList<>();
  public final AtomicLong tokensSent = new AtomicLong();
  public final AtomicLong bytesSent = new AtomicLong();

  @Override
  public void lookedUp(String model, Lookup found) {
    lookups.add(found);
  }

  @Override
  public void encoded(String model, EncodeDurations durations) {
    encoded.add(model);
  }

  @Override
  public void failed(EncoderFailure.Reason reason) {
    failures.add(reason);
  }

  @Override
  public void sent(String model, int tokens, long bytes) {
    tokensSent.addAndGet(tokens);
    bytesSent.addAndGet(bytes);
  }

  @Override
  public void stalled(Duration time) {
    stalls.add(time);
  }
}
