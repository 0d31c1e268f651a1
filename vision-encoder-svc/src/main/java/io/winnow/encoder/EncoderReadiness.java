package io.winnow.encoder;

import io.winnow.encoder.pictures.PictureEncoder;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready while every model can be encoded with. */
@Readiness
@ApplicationScoped
class EncoderReadiness implements HealthCheck {

  private final PictureEncoder encoder;

  EncoderReadiness(PictureEncoder encoder) {
    this.encoder = encoder;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("encodes")
        .status(encoder.ready())
        .withData("models", encoder.models().size())
        .build();
  }
}
