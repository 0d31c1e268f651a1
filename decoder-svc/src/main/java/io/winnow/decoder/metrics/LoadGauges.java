package io.winnow.decoder.metrics;

import io.micrometer.core.instrument.Tags;
import io.winnow.decoder.access.Admission;
import io.winnow.decoder.generation.AnsweringModel;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.runtime.metrics.Meters;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.ToDoubleFunction;

/**
 * How full the service is. {@code requests.queued}, {@code requests.running} and {@code
 * kv.usage.ratio} are one series each, over all models: what autoscalers and a gateway's endpoint
 * picker read. Work is this service's own, so that it adds up over services that share servers;
 * room is what it has or could get there. Thread-safe.
 */
final class LoadGauges {

  private final List<AnsweringModel> models;
  private final Admission admission;

  private LoadGauges(List<AnsweringModel> models, Admission admission) {
    this.models = List.copyOf(models);
    this.admission = admission;
  }

  static void register(
      Meters meters, List<AnsweringModel> models, Admission admission, IntSupplier liveAnswers) {
    LoadGauges load = new LoadGauges(models, admission);
    load.registerSums(meters);
    meters.gauge(
        "winnow.decoder.answers.live",
        "Answers under way, from the reading of the request on.",
        Tags.empty(),
        liveAnswers,
        IntSupplier::getAsInt);
    models.forEach(model -> registerModel(meters, model));
  }

  private void registerSums(Meters meters) {
    meters.gauge(
        "winnow.decoder.requests.queued",
        "Requests of this service that wait, in line or for a slot.",
        Tags.empty(),
        this,
        all -> all.admission.load().waiting() + all.sum(RuntimeLoad::queued));
    meters.gauge(
        "winnow.decoder.requests.running",
        "Generations of this service that hold a slot.",
        Tags.empty(),
        this,
        all -> all.sum(RuntimeLoad::running));
    meters.gauge(
        "winnow.decoder.kv.usage.ratio",
        "Share of the KV caches in use, by whomever; of several models the fullest counts.",
        Tags.empty(),
        this,
        LoadGauges::kvUsage);
  }

  private static void registerModel(Meters meters, AnsweringModel model) {
    gauge(
        meters,
        model,
        "generations.queued",
        "Generations of this service that wait for a slot.",
        RuntimeLoad::queued);
    gauge(meters, model, "slots.used", "Slots that this service uses.", RuntimeLoad::running);
    gauge(
        meters,
        model,
        "slots",
        "Slots that this service uses or could: those that others hold on the same servers are not.",
        RuntimeLoad::slotsWithinReach);
    gauge(
        meters,
        model,
        "kv.used.bytes",
        "KV caches that this service uses, in bytes.",
        RuntimeLoad::kvBytesUsed);
    gauge(
        meters,
        model,
        "kv.limit.bytes",
        "KV caches that this service uses or could, in bytes.",
        RuntimeLoad::kvBytesWithinReach);
  }

  private static void gauge(
      Meters meters,
      AnsweringModel model,
      String name,
      String description,
      ToDoubleFunction<RuntimeLoad> value) {
    meters.gauge(
        "winnow.decoder." + name,
        description,
        Tags.of("model", model.name()),
        model,
        of -> value.applyAsDouble(of.runtime().load()));
  }

  private double sum(ToDoubleFunction<RuntimeLoad> value) {
    return models.stream().map(model -> model.runtime().load()).mapToDouble(value).sum();
  }

  private double kvUsage() {
    return models.stream()
        .map(model -> model.runtime().load())
        .mapToDouble(RuntimeLoad::kvUsage)
        .max()
        .orElse(0);
  }
}
