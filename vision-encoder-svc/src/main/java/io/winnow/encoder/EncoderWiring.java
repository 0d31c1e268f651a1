package io.winnow.encoder;

import io.quarkus.grpc.GrpcService;
import io.quarkus.runtime.ShutdownEvent;
import io.winnow.encoder.config.EncoderConfig;
import io.winnow.encoder.grpc.VisionEncoderService;
import io.winnow.encoder.pictures.EncoderLimits;
import io.winnow.encoder.pictures.PictureEncoder;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.embedded.EmbeddedSettings;
import io.winnow.runtime.picture.PictureLimits;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/**
 * Puts the service together: {@link RepositoryModels} opens, {@link PictureEncoder} encodes, {@link
 * VisionEncoderService} translates. The server needs the service and the service the opened models,
 * so nothing listens before they are warm. On a stop, health turns to NOT_SERVING, then open
 * streams end, then the models close, then the server goes.
 */
@ApplicationScoped
class EncoderWiring {

  /** After the framework's own observers, of which one sets the health. */
  private static final int LAST = 5000;

  @Produces
  @Singleton
  PictureEncoder encoder(EncoderConfig config) {
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
            settings);
    return new PictureEncoder(models.open(), limits);
  }

  void drain(
      @Observes @Priority(LAST) ShutdownEvent stop,
      @GrpcService VisionEncoderService service,
      PictureEncoder encoder,
      EncoderConfig config)
      throws InterruptedException {
    try {
      service.drain(config.encoder().drainTimeout());
    } finally {
      encoder.close();
    }
  }
}
