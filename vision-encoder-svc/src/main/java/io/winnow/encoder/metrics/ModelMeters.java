package io.winnow.encoder.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.winnow.encoder.pictures.EncodeDurations;
import io.winnow.encoder.pictures.EncoderTelemetry.Lookup;
import io.winnow.runtime.metrics.Buckets;
import io.winnow.runtime.metrics.EnumCounters;
import io.winnow.runtime.metrics.Meters;

/** The meters of one model. */
final class ModelMeters {

  final EnumCounters<Lookup> lookups;
  final Counter tokensSent;
  final Counter bytesSent;
  private final Timer queue;
  private final Timer preprocess;
  private final Timer encode;

  ModelMeters(Meters meters, String model) {
    Tags tags = Tags.of("model", model);
    lookups =
        meters.counters(
            "winnow.encoder.cache.lookups",
            "Pictures that were asked for, by where they were found.",
            "result",
            Lookup.class,
            tags);
    tokensSent =
        meters.counter(
            "winnow.encoder.visual.tokens.sent", "Visual tokens that were fetched.", tags);
    bytesSent =
        meters.counter(
            "winnow.encoder.sent", "bytes", "Bytes of visual tokens that were fetched.", tags);
    queue =
        meters.histogram(
            "winnow.encoder.queue", "How long pictures waited for a worker.", Buckets.STAGE, tags);
    preprocess =
        meters.histogram(
            "winnow.encoder.preprocess",
            "How long reading a picture file and making pixel values of it took.",
            Buckets.STAGE,
            tags);
    encode =
        meters.histogram(
            "winnow.encoder.encode",
            "How long vision tower and projector took.",
            Buckets.STAGE,
            tags);
  }

  void encoded(EncodeDurations durations) {
    queue.record(durations.queue());
    preprocess.record(durations.preprocess());
    encode.record(durations.encode());
  }
}
