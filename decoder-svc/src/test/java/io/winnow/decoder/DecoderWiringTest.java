package io.winnow.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.quarkus.runtime.configuration.MemorySize;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.metrics.DecoderMetrics;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.tracing.TracesConfig;
import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the wiring promises and no part of it can. */
class DecoderWiringTest {

  @Test
  void aTraceThatThrowsCostsNoMetric() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    DecoderMetrics metrics = new DecoderMetrics(registry, List.of("demo"));
    AnswerTelemetry answer =
        DecoderWiring.telemetry(new BrokenTracing(), new NoText(), metrics)
            .begin(new RequestOrigin("r", RequestOrigin.Edge.HTTP, TraceContext.NONE, 0));
    answer.on(new AnswerEvent.Admitted(2, 1)); // a span below the root
    answer.on(new AnswerEvent.Failed(3, ChatFailure.of(Reason.TIMEOUT, "late")));

    assertThat(registry.get("winnow.decoder.admission.wait").timer().count()).isEqualTo(1);
    assertThat(registry.get("winnow.decoder.failures").tag("reason", "timeout").counter().count())
        .isEqualTo(1);
  }

  private static final class BrokenTracing implements OpenTelemetry {

    @Override
    public TracerProvider getTracerProvider() {
      return new OnlyRoots();
    }

    @Override
    public ContextPropagators getPropagators() {
      return ContextPropagators.noop();
    }
  }

  /** The first span is well, and those after it fail. */
  private static final class OnlyRoots implements TracerProvider, Tracer {

    private boolean begun;

    @Override
    public Tracer get(String scope) {
      return this;
    }

    @Override
    public Tracer get(String scope, String version) {
      return this;
    }

    @Override
    public SpanBuilder spanBuilder(String name) {
      if (begun) {
        throw new IllegalStateException("thrown by the test");
      }
      begun = true;
      return TracerProvider.noop().get("").spanBuilder(name);
    }
  }

  private static final class NoText implements TracesConfig {

    @Override
    public MemorySize storeBytes() {
      return new MemorySize(BigInteger.ZERO);
    }

    @Override
    public boolean content() {
      return false;
    }
  }
}
