package io.winnow.decoder;

import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.grpc.runtime.health.GrpcHealthStorage;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.ext.web.Router;
import io.winnow.decoder.access.Admission;
import io.winnow.decoder.calibration.CalibrationLimits;
import io.winnow.decoder.chat.ChatService;
import io.winnow.decoder.config.DecoderConfig;
import io.winnow.decoder.config.TritonConfig;
import io.winnow.decoder.generation.AnsweringModel;
import io.winnow.decoder.generation.FlowLimits;
import io.winnow.decoder.generation.FlowPorts;
import io.winnow.decoder.generation.GenerationFlow;
import io.winnow.decoder.generation.ScheduledTimers;
import io.winnow.decoder.generation.UnprunedPrompts;
import io.winnow.decoder.grpc.Calibrations;
import io.winnow.decoder.grpc.GrpcPruner;
import io.winnow.decoder.grpc.GrpcVisionEncoder;
import io.winnow.decoder.grpc.PeerChannel;
import io.winnow.decoder.grpc.ServingOptions;
import io.winnow.decoder.metrics.DecoderMetrics;
import io.winnow.decoder.telemetry.TelemetrySource;
import io.winnow.decoder.tracing.AnswerTraces;
import io.winnow.runtime.mesh.MeshNetwork;
import io.winnow.runtime.mesh.PeerTarget;
import io.winnow.tracing.TracesConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Singleton;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Puts the service together: {@link RepositoryModels} opens, {@link GenerationFlow} answers, the
 * edges translate. Nothing listens before the models are warm. On a stop: not ready, send clients
 * elsewhere, refuse new answers, let those under way end, close the runtimes while the JVM is still
 * up, then the servers go.
 */
@ApplicationScoped
class DecoderWiring {

  private static final Logger log = System.getLogger(DecoderWiring.class.getName());

  /** Before the framework's own observers, of which one ends the streams that watch the health. */
  private static final int FIRST = 1;

  private static final int COUNTING_QUEUE = 256;

  private static final int LAST_EVENTS_SECONDS = 5;

  /** Seeds are shown in JSON, whose numbers are exact up to here. */
  private static final long SEEDS = 1L << 53;

  private final RepositoryModels models;
  private final PeerChannel encoder;
  private final PeerChannel pruner;
  private final ScheduledTimers timers = new ScheduledTimers();
  private final ExecutorService answering;
  private final ExecutorService counting;

  DecoderWiring(DecoderConfig config, TritonConfig triton, MeshNetwork mesh)
      throws InterruptedException {
    DecoderConfig.Encoder theEncoder = config.encoder();
    encoder =
        new PeerChannel(
            PeerTarget.parse("winnow.encoder.target", theEncoder.target()),
            mesh.towards("winnow.encoder.identity", theEncoder.identity()));
    DecoderConfig.Pruner thePruner = config.pruner();
    pruner =
        new PeerChannel(
            PeerTarget.parse("winnow.pruner.target", thePruner.target()),
            mesh.towards("winnow.pruner.identity", thePruner.identity()));
    models = RepositoryModels.open(config, triton);
    int processors = Math.max(2, Runtime.getRuntime().availableProcessors());
    // Its queue holds at most one entry per answer, and answers are bounded.
    answering =
        Executors.newFixedThreadPool(processors, task -> new Thread(task, "winnow-answers"));
    counting =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(COUNTING_QUEUE),
            task -> new Thread(task, "winnow-counting"));
  }

  @Produces
  @Singleton
  GenerationFlow flow(DecoderConfig config) {
    return new GenerationFlow(models.all(), ports(), limits(config.decoder()));
  }

  @Produces
  @Singleton
  Calibrations calibrations(DecoderConfig config) {
    DecoderConfig.Calibration own = config.decoder().calibration();
    return new Calibrations(
        new UnprunedPrompts(models.all(), ports(), limits(config.decoder())),
        new CalibrationLimits(
            own.maxPrompts(), own.maxBytes().asLongValue(), own.timeout(), own.idleTimeout()),
        own.maxStreams());
  }

  /** Everybody who hears what happens to answers. */
  @Produces
  @Singleton
  static TelemetrySource telemetry(
      OpenTelemetry traces, TracesConfig config, DecoderMetrics metrics) {
    AnswerTraces traced = new AnswerTraces(traces.getTracer("io.winnow.decoder"), config.content());
    return TelemetrySource.all(List.of(traced, metrics));
  }

  @Produces
  @Singleton
  @Typed(DecoderMetrics.class) // not another TelemetrySource
  DecoderMetrics metrics(MeterRegistry registry) {
    return new DecoderMetrics(registry, models.all().stream().map(AnsweringModel::name).toList());
  }

  @Produces
  @Singleton
  ServingOptions servingOptions(DecoderConfig config) {
    return new ServingOptions(counting, config.decoder().answerTimeout());
  }

  /**
   * Loads the models, on the main thread: the router is made before the gRPC server starts, and
   * that would have them loaded on its event loop, within a minute, with a failure that leaves the
   * process up.
   */
  void start(@Observes Router router, GenerationFlow flow, Admission line, DecoderMetrics metrics) {
    metrics.watch(models.all(), line, flow::liveAnswers);
    for (ChatService.ServedModel model : flow.models()) {
      log.log(Level.INFO, "serving model {0}, context {1}", model.name(), model.contextLength());
    }
  }

  /** Callers go elsewhere while this one still answers, see quarkus.shutdown.delay. */
  void leave(@Observes ShutdownDelayInitiatedEvent stop, GrpcHealthStorage health) {
    serveNoMore(health);
  }

  private static void serveNoMore(GrpcHealthStorage health) {
    for (String served : List.copyOf(health.getStatuses().keySet())) {
      health.setStatus(served, ServingStatus.NOT_SERVING);
    }
  }

  void stop(
      @Observes @Priority(FIRST) ShutdownEvent stop,
      GrpcHealthStorage health,
      GenerationFlow flow,
      Calibrations calibrations,
      DecoderConfig config)
      throws InterruptedException {
    serveNoMore(health);
    try {
      calibrations.stop();
      if (!flow.drain(config.decoder().drainTimeout())) {
        log.log(Level.WARNING, "some answers outlasted the drain and were ended");
      }
    } finally {
      models.close();
      encoder.close();
      pruner.close();
      timers.close();
      counting.shutdown();
      answering.shutdown();
      // The last events of the answers that were ended may still be on their way to the servers.
      if (!answering.awaitTermination(LAST_EVENTS_SECONDS, TimeUnit.SECONDS)) {
        log.log(Level.WARNING, "the last events of some answers were not delivered in time");
      }
    }
  }

  private FlowPorts ports() {
    SecureRandom random = new SecureRandom();
    return new FlowPorts(
        new GrpcVisionEncoder(encoder),
        new GrpcPruner(pruner),
        answering,
        timers,
        () -> random.nextLong(SEEDS));
  }

  private static FlowLimits limits(DecoderConfig.Decoder own) {
    return new FlowLimits(
        own.maxAnswers(),
        own.maxPictures(),
        own.maxPictureBytes().asLongValue(),
        own.maxPicturesBytes().asLongValue(),
        own.planTimeout(),
        own.verdictTimeout(),
        own.stalledReaderTimeout());
  }
}
