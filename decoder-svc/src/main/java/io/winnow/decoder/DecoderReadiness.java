package io.winnow.decoder;

import io.winnow.decoder.generation.GenerationFlow;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready from when the models are warm until the service stops or a runtime dies. */
@Readiness
@ApplicationScoped
class DecoderReadiness implements HealthCheck {

  private final GenerationFlow flow;

  DecoderReadiness(GenerationFlow flow) {
    this.flow = flow;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("answers")
        .status(flow.ready())
        .withData("models", flow.models().size())
        .withData("live", flow.liveAnswers())
        .build();
  }
}
