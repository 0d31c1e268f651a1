package io.winnow.decoder.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ExitReport;
import io.winnow.decoder.chat.ExitReport.Effect;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.TraceContext;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DecoderMetricsTest {

  private static final long MS = 1_000_000;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final DecoderMetrics metrics = new DecoderMetrics(registry, List.of("demo"));

  @Test
  void measuresAnAnswerFromItsEvents() {
    answer("demo", "vtw");

    assertThat(mean("gen_ai.server.time_to_first_token")).isEqualTo(50);
    assertThat(mean("gen_ai.server.time_per_output_token")).isEqualTo(10);
    assertThat(mean("gen_ai.server.request.duration")).isEqualTo(100);
    assertThat(mean("winnow.decoder.queue")).isEqualTo(3);
    assertThat(mean("winnow.decoder.prefill")).isEqualTo(20);
    assertThat(mean("winnow.decoder.plan")).isEqualTo(2);
    assertThat(mean("winnow.decoder.wire")).isEqualTo(4);
    assertThat(count("winnow.decoder.visual.tokens.in", "method", "vtw")).isEqualTo(576);
    assertThat(count("winnow.decoder.visual.tokens.fetched", "method", "vtw")).isEqualTo(288);
    assertThat(count("winnow.decoder.visual.tokens.kept", "method", "vtw")).isEqualTo(144);
    assertThat(count("winnow.decoder.prefill.flops.spent", "method", "vtw")).isEqualTo(60);
    assertThat(count("winnow.decoder.prefill.flops.saved", "method", "vtw")).isEqualTo(140);
    assertThat(count("winnow.decoder.verdicts", "effect", "late")).isEqualTo(1);
    assertThat(count("winnow.decoder.verdicts", "effect", "exited")).isEqualTo(1);
    assertThat(count("winnow.decoder.verdicts", "effect", "missing")).isZero();
    assertThat(count("winnow.decoder.reader.stalled")).isEqualTo(2);
    assertThat(count("winnow.decoder.failovers")).isEqualTo(1);
    assertThat(count("winnow.decoder.encode.retries")).isEqualTo(1);
    assertThat(
            registry
                .get("winnow.decoder.output.tokens")
                .tag("model", "demo")
                .functionCounter()
                .count())
        .isEqualTo(3);
  }

  @Test
  void aFailedRequestCountsByItsReason() {
    AnswerTelemetry answer = begin();
    answer.on(prepared("demo"));
    answer.on(new AnswerEvent.Failed(7 * MS, ChatFailure.of(Reason.TIMEOUT, "free text")));

    assertThat(count("winnow.decoder.failures", "reason", "timeout")).isEqualTo(1);
    assertThat(
            registry
                .get("gen_ai.server.request.duration")
                .tags("error.type", "timeout", "gen_ai.request.model", "demo")
                .timer()
                .mean(TimeUnit.MILLISECONDS))
        .isEqualTo(7);
  }

  @Test
  void noCallerCanMakeSeries() {
    for (String model : List.of("demo", "other")) {
      for (String method : List.of("none", "odd")) {
        answer(model, method);
      }
      for (Reason reason : Reason.values()) {
        AnswerTelemetry answer = begin();
        answer.on(prepared(model));
        answer.on(new AnswerEvent.Failed(1, ChatFailure.of(reason, "text")));
      }
    }
    int before = registry.getMeters().size();
    for (int number = 0; number < 500; number++) {
      answer("model " + number, "{method=\"" + number + "\"}\n");
      AnswerTelemetry answer = begin();
      answer.on(prepared("../" + number));
      answer.on(new AnswerEvent.Failed(1, ChatFailure.of(Reason.MODEL_NOT_FOUND, "no " + number)));
    }

    assertThat(registry.getMeters()).hasSize(before);
  }

  /** Not counted in objects but in bytes, as the JVM counts them for this thread. */
  @Test
  void aTokenAllocatesNothing() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    AnswerTelemetry answer = begin();
    answer.on(prepared("demo"));
    AnswerEvent token = new AnswerEvent.Token(1);
    tokens(answer, token, 20_000);

    long before = threads.getThreadAllocatedBytes(self);
    tokens(answer, token, 100_000);
    long bytes = threads.getThreadAllocatedBytes(self) - before;

    assertThat(bytes).isLessThan(100_000); // less than one byte each; an object has 16
  }

  private static void tokens(AnswerTelemetry answer, AnswerEvent token, int count) {
    for (int number = 0; number < count; number++) {
      answer.on(token);
    }
  }

  private void answer(String model, String method) {
    AnswerTelemetry answer = begin();
    answer.on(new AnswerEvent.Admitted(2 * MS, MS));
    answer.on(prepared(model));
    answer.on(new AnswerEvent.PlanAsked(10 * MS));
    answer.on(new AnswerEvent.Planned(12 * MS, true, method, "free text", 0.3, 288, 1, false));
    answer.on(new AnswerEvent.FetchOpened(12 * MS, 0, 288));
    answer.on(new AnswerEvent.Fetched(16 * MS, 0, 4096, 1));
    answer.on(new AnswerEvent.Submitted(17 * MS));
    answer.on(new AnswerEvent.PrefillStarted(20 * MS));
    answer.on(new AnswerEvent.Prefilled(40 * MS, List.of(), Duration.ZERO, 30, 100));
    answer.on(new AnswerEvent.Token(50 * MS));
    answer.on(new AnswerEvent.EncodeRetried(10 * MS, 0, 1));
    answer.on(new AnswerEvent.FailedOver(55 * MS, 1, 1, "a word"));
    answer.on(new AnswerEvent.Token(60 * MS));
    answer.on(new AnswerEvent.Token(70 * MS));
    answer.on(new AnswerEvent.ReaderWaited(90 * MS, Duration.ofSeconds(2)));
    answer.on(new AnswerEvent.Finished(100 * MS, summary(method)));
  }

  private AnswerTelemetry begin() {
    return metrics.begin(new RequestOrigin("id", RequestOrigin.Edge.HTTP, TraceContext.NONE, 0));
  }

  private static AnswerEvent prepared(String model) {
    return new AnswerEvent.Prepared(5 * MS, 4 * MS, model, 1, 12, 576);
  }

  private static AnswerSummary summary(String method) {
    ExitReport exit =
        new ExitReport(
            OptionalInt.empty(),
            false,
            List.of(question(Effect.LATE), question(Effect.EXITED)),
            Optional.empty(),
            1);
    return new AnswerSummary(
        AnswerSummary.Finish.STOP,
        new AnswerSummary.Usage(588, 3, 576, 144),
        new AnswerSummary.Timings(
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO),
        new AnswerSummary.Reduction(method, 0.3, "free text", Optional.empty())
            .withExit(Optional.of(exit)));
  }

  private static ExitReport.Question question(Effect effect) {
    return new ExitReport.Question(
        0, 1, 576, Duration.ZERO, Optional.empty(), effect, OptionalInt.empty());
  }

  /** Of the only series that has counted, in milliseconds. */
  private double mean(String name) {
    return registry.get(name).timers().stream()
        .filter(timer -> timer.count() == 1)
        .findFirst()
        .orElseThrow()
        .mean(TimeUnit.MILLISECONDS);
  }

  private double count(String name, String... tags) {
    return registry.get(name).tags(tags).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }
}
