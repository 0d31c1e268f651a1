package io.winnow.encoder;

import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.grpc.GrpcService;
import io.quarkus.grpc.runtime.health.GrpcHealthStorage;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.winnow.encoder.config.EncoderConfig;
import io.winnow.encoder.config.TritonConfig;
import io.winnow.encoder.grpc.VisionEncoderService;
import io.winnow.encoder.metrics.EncoderMetrics;
import io.winnow.encoder.pictures.EncoderLimits;
import io.winnow.encoder.pictures.PictureEncoder;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.embedded.EmbeddedSettings;
import io.winnow.runtime.picture.PictureLimits;
import io.winnow.runtime.triton.TritonFleet;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Puts the service together: {@link RepositoryModels} opens, {@link PictureEncoder} encodes, {@link
 * VisionEncoderService} translates. The server needs the service and the service the opened models,
 * so nothing listens before they are warm. On a stop, health turns to NOT_SERVING, then open
 * streams end, then the models close, then the server goes.
 */
@ApplicationScoped
class EncoderWiring {

  private static final Logger log = System.getLogger(EncoderWiring.class.getName());

  /** Before the framework's own observers, of which one ends the streams that watch the health. */
  private static final int FIRST = 1;

  @Produces
  @Singleton
  EncoderMetrics metrics(MeterRegistry registry) {
    return new EncoderMetrics(registry);
  }

  @Produces
  @Singleton
  PictureEncoder encoder(EncoderConfig config, TritonConfig triton, EncoderMetrics metrics) {
    EncoderConfig.Encoder own = config.encoder();
    EncoderLimits limits =
        new EncoderLimits(
            own.maxPictureBytes().asLongValue(),
            own.maxUploadBytes().asLongValue(),
            own.workers(),
            own.maxQueued(),
            own.cacheBytes().asLongValue());
    EmbeddedSettings defaults = EmbeddedSettings.defaults();
    EmbeddedSettings settings =
        defaults.withIntraOpThreads(own.intraOpThreads().orElse(defaults.intraOpThreads()));
    RepositoryModels models =
        new RepositoryModels(
            ModelRepository.open(config.models()),
            new PictureLimits(limits.maxPictureBytes(), own.maxPicturePixels()),
            settings,
            TritonFleet.of(triton, own.idleTimeout()));
    PictureEncoder encoder = new PictureEncoder(models.open(), limits, metrics);
    metrics.watch(encoder);
    return encoder;
  }

  /** Has the models opened in any case: the server alone would only log that it cannot start. */
  void start(
      @Observes StartupEvent start,
      PictureEncoder encoder,
      @GrpcService VisionEncoderService service,
      EncoderMetrics metrics,
      EncoderConfig config) {
    metrics.watchStreams(service::openStreams, config.encoder().maxStreams());
    log.log(Level.INFO, "serving {0}", encoder.models());
  }

  void drain(
      @Observes @Priority(FIRST) ShutdownEvent stop,
      GrpcHealthStorage health,
      @GrpcService VisionEncoderService service,
      PictureEncoder encoder,
      EncoderConfig config)
      throws InterruptedException {
    for (String served : List.copyOf(health.getStatuses().keySet())) {
      health.setStatus(served, ServingStatus.NOT_SERVING);
    }
    try {
      int ended = service.drain(config.encoder().drainTimeout());
      if (ended > 0) {
        log.log(Level.WARNING, "{0} streams outlasted the drain and were ended", ended);
      }
    } finally {
      encoder.close();
    }
  }
}
