package io.winnow.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TraceStoreTest {

  private static final int ROOM = 20_000;

  private final TraceStore store = new TraceStore(ROOM);
  private final Tracer tracer = tracer(store);

  @Test
  void keepsAWholeTraceAsOtlpJson() {
    String id = trace(3);

    String json = new String(store.json(id).orElseThrow(), StandardCharsets.UTF_8);
    assertThat(store.ids()).containsExactly(id);
    assertThat(json).contains("\"resourceSpans\"").contains("\"traceId\":\"" + id + "\"");
    assertThat(json.split("\"spanId\"", -1)).hasSize(3 + 1);
  }

  @Test
  void letsTheOldestGoWhenThereIsNoRoom() {
    String first = trace(1);
    String last = first;
    for (int i = 0; i < 1_000; i++) {
      last = trace(1);
      assertThat(store.bytes()).isLessThanOrEqualTo(ROOM);
    }

    assertThat(store.ids().get(0)).isEqualTo(last);
    assertThat(store.ids()).hasSizeGreaterThan(10).hasSizeLessThan(100).doesNotContain(first);
    assertThat(store.json(first)).isEmpty();
  }

  @Test
  void aTraceThatIsTooLargeAloneGoesToo() {
    String large = trace(1_000);

    assertThat(store.bytes()).isLessThanOrEqualTo(ROOM);
    assertThat(store.json(large).map(json -> json.length).orElse(0)).isLessThan(10 * ROOM);
  }

  @Test
  void keepsNothingWhereItIsOff() {
    TraceStore off = new TraceStore(0);
    tracer(off).spanBuilder("span").startSpan().end();

    assertThat(off.ids()).isEmpty();
    assertThat(off.isOn()).isFalse();
  }

  private String trace(int spans) {
    TimedSpans timed = new TimedSpans(tracer);
    Span root = timed.start(Context.root(), "root", SpanKind.SERVER, System.nanoTime());
    for (int i = 1; i < spans; i++) {
      timed.past(root, "child", System.nanoTime(), System.nanoTime());
    }
    timed.end(root, System.nanoTime());
    return root.getSpanContext().getTraceId();
  }

  private static Tracer tracer(TraceStore store) {
    return SdkTracerProvider.builder().addSpanProcessor(store).build().get("test");
  }
}
