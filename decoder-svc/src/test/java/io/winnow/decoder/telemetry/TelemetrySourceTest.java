package io.winnow.decoder.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.telemetry.AnswerTelemetry.Hop;
import java.util.List;
import org.junit.jupiter.api.Test;

class TelemetrySourceTest {

  private static final RequestOrigin ORIGIN =
      new RequestOrigin("r", RequestOrigin.Edge.GRPC, TraceContext.NONE, 1);
  private static final AnswerEvent FAILED =
      new AnswerEvent.Failed(3, ChatFailure.of(Reason.OVERLOADED, "full"));

  private final RecordingTelemetry first = new RecordingTelemetry();
  private final RecordingTelemetry second = new RecordingTelemetry();

  @Test
  void tellsEveryListenerInTurn() {
    AnswerTelemetry all = TelemetrySource.all(List.of(first, second)).begin(ORIGIN);
    all.on(new AnswerEvent.Token(2));

    assertThat(first.events()).containsExactly(new AnswerEvent.Token(2));
    assertThat(second.events()).isEqualTo(first.events());
    assertThat(first.origins()).containsExactly(ORIGIN);
  }

  @Test
  void tellsTheLaterOnesTheTraceThatAnEarlierOneMade() {
    TelemetrySource.all(List.of(first, second)).begin(ORIGIN);

    assertThat(second.origins().get(0).trace().traceparent()).isEqualTo("REQUEST-0");
    assertThat(second.origins().get(0).id()).isEqualTo(ORIGIN.id());
  }

  @Test
  void tellsOneTerminalEventAndNothingAfterIt() {
    AnswerTelemetry all = TelemetrySource.all(List.of(first)).begin(ORIGIN);
    all.on(FAILED);
    all.on(FAILED);
    all.on(new AnswerEvent.Token(4));

    assertThat(first.events()).containsExactly(FAILED);
  }

  @Test
  void keepsAListenerThatThrowsFromTheOthers() {
    TelemetrySource throwing =
        origin ->
            event -> {
              throw new IllegalStateException("thrown by the test");
            };
    TelemetrySource unable =
        origin -> {
          throw new IllegalStateException("thrown by the test");
        };
    AnswerTelemetry all = TelemetrySource.all(List.of(unable, throwing, first)).begin(ORIGIN);
    all.on(FAILED);

    assertThat(first.events()).containsExactly(FAILED);
  }

  @Test
  void takesTheTraceContextFromTheFirstThatHasOne() {
    TelemetrySource without = origin -> event -> {};
    AnswerTelemetry all = TelemetrySource.all(List.of(without, first)).begin(ORIGIN);

    assertThat(all.context(Hop.ENCODE, 2).traceparent()).isEqualTo("ENCODE-2");
    assertThat(TelemetrySource.NONE.begin(ORIGIN).context(Hop.DECIDE, 0).isPresent()).isFalse();
  }
}
