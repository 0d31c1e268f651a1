package io.winnow.encoder.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.winnow.encoder.pictures.EncodeDurations;
import io.winnow.encoder.pictures.EncoderFailure;
import io.winnow.encoder.pictures.EncoderTelemetry;
import io.winnow.encoder.pictures.PictureEncoder;
import io.winnow.runtime.metrics.EnumCounters;
import io.winnow.runtime.metrics.KnownValues;
import io.winnow.runtime.metrics.Meters;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The encoder's meters. Labels are bounded: models that are served, and enums. Thread-safe; until
 * {@link #watch} was called, models count as unknown.
 */
public final class EncoderMetrics implements EncoderTelemetry {

  private final Meters meters;
  private final EnumCounters<EncoderFailure.Reason> failures;
  private final Counter stalledSeconds;
  private final Map<String, ModelMeters> models = new ConcurrentHashMap<>();
  private volatile KnownValues known = new KnownValues(Set.of());

  public EncoderMetrics(MeterRegistry registry) {
    meters = new Meters(registry);
    meters.processorTime();
    failures =
        meters.counters(
            "winnow.encoder.failures",
            "Streams that ended with a failure, by its reason.",
            "reason",
            EncoderFailure.Reason.class,
            Tags.empty());
    stalledSeconds =
        meters.counter(
            "winnow.encoder.send.stalled",
            "seconds",
            "Time in which readers of visual tokens held their streams up.",
            Tags.empty());
  }

  /** Shows an encoder's load; call once, before it gets pictures. */
  public void watch(PictureEncoder encoder) {
    Set<String> names = new LinkedHashSet<>(encoder.models());
    names.add(KnownValues.OTHER);
    names.forEach(name -> models.put(name, new ModelMeters(meters, name)));
    known = new KnownValues(encoder.models());
    for (String model : encoder.models()) {
      Tags tags = Tags.of("model", model);
      meters.gauge(
          "winnow.encoder.pictures.queued",
          "Pictures that wait for a worker.",
          tags,
          encoder,
          of -> of.load(model).queuedPictures());
      meters.gauge(
          "winnow.encoder.patches.queued",
          "Patches of the pictures that wait: the work that lies ahead.",
          tags,
          encoder,
          of -> of.load(model).queuedPatches());
    }
    watchBounds(encoder);
  }

  /** Shows how many streams are open. */
  public void watchStreams(IntSupplier open, int limit) {
    gauge("winnow.encoder.streams.open", "Open Encode streams.", open, IntSupplier::getAsInt);
    gauge(
        "winnow.encoder.streams.limit", "Open streams that are allowed.", limit, Integer::intValue);
  }

  @Override
  public void lookedUp(String model, Lookup found) {
    of(model).lookups.increment(found);
  }

  @Override
  public void encoded(String model, EncodeDurations durations) {
    of(model).encoded(durations);
  }

  @Override
  public void failed(EncoderFailure.Reason reason) {
    failures.increment(reason);
  }

  @Override
  public void sent(String model, int tokens, long bytes) {
    of(model).tokensSent.increment(tokens);
    of(model).bytesSent.increment(bytes);
  }

  @Override
  public void stalled(Duration time) {
    stalledSeconds.increment(time.toNanos() / 1e9);
  }

  private ModelMeters of(String model) {
    return models.computeIfAbsent(known.bound(model), name -> new ModelMeters(meters, name));
  }

  private void watchBounds(PictureEncoder encoder) {
    gauge(
        "winnow.encoder.workers.busy",
        "Workers that read or encode a picture.",
        encoder,
        PictureEncoder::encoding);
    gauge("winnow.encoder.workers", "Workers.", encoder, of -> of.limits().workers());
    gauge(
        "winnow.encoder.queue.limit",
        "Pictures that may wait for a worker.",
        encoder,
        of -> of.limits().maxQueued());
    gauge(
        "winnow.encoder.cache.bytes",
        "Encodings that are kept for pictures that come again, in bytes.",
        encoder,
        PictureEncoder::cacheBytes);
    gauge(
        "winnow.encoder.cache.limit.bytes",
        "Bound on the encodings that are kept, in bytes.",
        encoder,
        of -> of.limits().cacheBytes());
    gauge(
        "winnow.encoder.uploads.bytes",
        "Picture files that are held, uploading or queued, in bytes.",
        encoder,
        PictureEncoder::uploadBytes);
    gauge(
        "winnow.encoder.uploads.limit.bytes",
        "Bound on the picture files that are held, in bytes.",
        encoder,
        of -> of.limits().maxUploadBytes());
  }

  private <T> void gauge(String name, String description, T source, ToDoubleFunction<T> value) {
    meters.gauge(name, description, Tags.empty(), source, value);
  }
}
