package io.winnow.decoder.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.winnow.decoder.access.Admission;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.generation.AnsweringModel;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.TelemetrySource;
import io.winnow.runtime.metrics.Buckets;
import io.winnow.runtime.metrics.EnumCounters;
import io.winnow.runtime.metrics.KnownValues;
import io.winnow.runtime.metrics.Meters;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/**
 * The meters of answers, fed by what is told of each. Labels are bounded: models that are served,
 * methods that are known, and enums. Thread-safe.
 */
public final class DecoderMetrics implements TelemetrySource {

  private final Meters meters;
  private final KnownValues models;
  private final Map<String, ModelMeters> byModel = new ConcurrentHashMap<>();

  /** Failures of every kind, those of requests that name no model included. */
  final EnumCounters<ChatFailure.Reason> failures;

  final Timer admissionWait;
  final Timer pictureFetch;
  final Counter picturesFetched;
  final Counter pictureFetchesRefused;

  /**
   * @param models that are served
   */
  public DecoderMetrics(MeterRegistry registry, Collection<String> models) {
    this.meters = new Meters(registry);
    this.models = new KnownValues(models);
    meters.processorTime();
    failures =
        meters.counters(
            "winnow.decoder.failures",
            "Requests that came to no (whole) answer, by the reason.",
            "reason",
            ChatFailure.Reason.class,
            Tags.empty());
    admissionWait =
        meters.histogram(
            "winnow.decoder.admission.wait",
            "How long requests waited in line, before anything was done for them.",
            Buckets.STAGE,
            Tags.empty());
    pictureFetch =
        meters.histogram(
            "winnow.decoder.picture.fetch",
            "How long it took to fetch the pictures of a request from their URLs.",
            Buckets.STAGE,
            Tags.empty());
    picturesFetched = fetches("fetched");
    pictureFetchesRefused = fetches("refused");
    models.forEach(this::of);
    of(KnownValues.OTHER);
  }

  /** Shows how full the service is. */
  public void watch(List<AnsweringModel> served, Admission admission, IntSupplier liveAnswers) {
    LoadGauges.register(meters, served, admission, liveAnswers);
  }

  /** Measures an answer; exemplars name the trace in its origin. */
  @Override
  public AnswerTelemetry begin(RequestOrigin origin) {
    return new AnswerMetrics(this, origin);
  }

  /** The meters of a model, or of all that are not known. */
  ModelMeters of(String model) {
    return byModel.computeIfAbsent(models.bound(model), name -> new ModelMeters(meters, name));
  }

  private Counter fetches(String result) {
    return meters.counter(
        "winnow.decoder.picture.fetches",
        "Requests whose pictures were to be fetched from URLs, by what came of it.",
        Tags.of("result", result));
  }
}
