package io.winnow.decoder.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ExitReport.Effect;
import io.winnow.runtime.metrics.Buckets;
import io.winnow.runtime.metrics.EnumCounters;
import io.winnow.runtime.metrics.KnownValues;
import io.winnow.runtime.metrics.Meters;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The meters of one model. Those named {@code gen_ai} follow OpenTelemetry's conventions for
 * generative AI, in names, labels and buckets.
 */
final class ModelMeters {

  /** The methods that pruner-svc has; others count together. */
  private static final KnownValues METHODS =
      new KnownValues(Set.of("none", "fitprune", "vtw", "dyvte", "fastv", "visionzip", "random"));

  /** What counts against the objective: there from the start, so that alerts see the first one. */
  private static final Set<ChatFailure.Reason> OBJECTIVE =
      Set.of(Reason.OVERLOADED, Reason.TIMEOUT, Reason.UNAVAILABLE, Reason.INTERNAL);

  /** Counted on the path of every token, hence no meter's own: adding allocates nothing. */
  final LongAdder outputTokens = new LongAdder();

  final Timer firstToken;
  final Timer perToken;
  final Timer queue;
  final Timer prefill;
  final Timer planWait;
  final Timer wire;
  final Counter wireBytes;
  final Counter inputTokens;
  final Counter readerStalledSeconds;
  final Counter encodeRetries;
  final Counter failovers;
  final Counter replayedTokens;
  final EnumCounters<Effect> verdicts;
  private final Meters meters;
  private final String model;
  private final Map<String, Timer> requests = new ConcurrentHashMap<>(); // by error type
  private final Map<String, MethodMeters> byMethod = new ConcurrentHashMap<>();

  ModelMeters(Meters meters, String model) {
    this.meters = meters;
    this.model = model;
    Tags tags = Tags.of("model", model);
    firstToken = genAi("time_to_first_token", "Time to the first token.", Buckets.FIRST_TOKEN);
    perToken =
        genAi("time_per_output_token", "Mean time for each further token.", Buckets.PER_TOKEN);
    queue = stage("queue", "How long generations waited for a slot.");
    prefill = stage("prefill", "How long prefills took.");
    planWait = stage("plan", "How long the pruner's plan was waited for.");
    wire = stage("wire", "How long it took to fetch a picture's visual tokens.");
    wireBytes = counter("wire.received", "bytes", "Visual tokens fetched, in bytes.");
    inputTokens = counter("input.tokens", "Prompt tokens before reduction, text and visual.");
    meters.counter(
        "winnow.decoder.output.tokens", "Tokens sampled.", tags, outputTokens, LongAdder::sum);
    readerStalledSeconds =
        counter(
            "reader.stalled",
            "seconds",
            "Time in which answers waited for their readers to take what was there.");
    encodeRetries =
        counter("encode.retries", "Pictures sent to another encoder since one was lost.");
    failovers =
        counter("failovers", "Generations that went on elsewhere when their runtime was lost.");
    replayedTokens = counter("replayed.tokens", "Tokens computed again after a fail-over.");
    verdicts =
        meters.counters(
            "winnow.decoder.verdicts",
            "Questions whether visual tokens may go, by what the verdict did.",
            "effect",
            Effect.class,
            tags);
    request(Optional.empty());
    OBJECTIVE.forEach(reason -> request(Optional.of(reason)));
    METHODS.values().forEach(this::method);
  }

  /** Durations of requests that ended so. */
  Timer request(Optional<ChatFailure.Reason> failure) {
    String errorType = failure.map(EnumCounters::label).orElse("");
    return requests.computeIfAbsent(
        errorType,
        type ->
            meters.histogram(
                "gen_ai.server.request.duration",
                "How long requests took until their last token or failure.",
                Buckets.REQUEST,
                genAiTags().and("error.type", type)));
  }

  /** What a method did. */
  MethodMeters method(String method) {
    return byMethod.computeIfAbsent(
        METHODS.bound(method),
        name -> new MethodMeters(meters, Tags.of("model", model, "method", name)));
  }

  private Timer genAi(String name, String description, Buckets buckets) {
    return meters.histogram("gen_ai.server." + name, description, buckets, genAiTags());
  }

  private Tags genAiTags() {
    return Tags.of(
        "gen_ai.operation.name", "chat",
        "gen_ai.provider.name", "winnow",
        "gen_ai.request.model", model);
  }

  private Counter counter(String name, String description) {
    return meters.counter("winnow.decoder." + name, description, Tags.of("model", model));
  }

  private Counter counter(String name, String unit, String description) {
    return meters.counter("winnow.decoder." + name, unit, description, Tags.of("model", model));
  }

  private Timer stage(String name, String description) {
    return meters.histogram(
        "winnow.decoder." + name, description, Buckets.STAGE, Tags.of("model", model));
  }
}
