package io.winnow.encoder.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.winnow.encoder.pictures.FakeTower;
import io.winnow.encoder.tracing.EncodeTraces;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The spans of Encode streams, and the one that goes on to the vision tower's server. */
class EncodeTracesTest {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String CALLER = "00f067aa0ba902b7";

  private final List<SpanData> spans = new CopyOnWriteArrayList<>();
  private final FakeTower tower = new FakeTower(2, 3, 4);
  private InProcessEncoder server;

  @BeforeEach
  void start() throws Exception {
    OpenTelemetrySdk traces =
        OpenTelemetrySdk.builder()
            .setTracerProvider(
                SdkTracerProvider.builder().addSpanProcessor(new Ended(spans)).build())
            .build();
    server = new InProcessEncoder(tower, 10, Duration.ofMinutes(5), new EncodeTraces(traces));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void theTowersCallIsAChildOfTheSpanThatTimesIt() throws Exception {
    PictureCall call = traced().upload("a cat");
    call.allTokens(call.layout());

    SpanData encode = only("encode");
    assertThat(tower.traceparents())
        .containsExactly("00-" + TRACE + "-" + encode.getSpanId() + "-01");
    assertThat(encode.getParentSpanId()).isEqualTo(only("vision encoder").getSpanId());
    assertThat(only("vision encoder").getParentSpanId()).isEqualTo(CALLER);
    assertThat(spans).allMatch(span -> span.getTraceId().equals(TRACE));
    assertThat(encode.getStartEpochNanos())
        .isEqualTo(only("preprocess").getEndEpochNanos())
        .isLessThanOrEqualTo(encode.getEndEpochNanos());
  }

  @Test
  void aPictureOfTheCacheHasNoTower() throws Exception {
    PictureCall first = traced().upload("a cat");
    first.allTokens(first.layout());
    spans.clear();
    PictureCall again = traced().begin("a cat".getBytes());
    again.allTokens(again.layout());

    assertThat(spans)
        .extracting(SpanData::getName)
        .containsExactly("vision encoder", "send visual tokens");
    assertThat(tower.traceparents()).hasSize(1);
  }

  @Test
  void whoJoinsAnEncodingHasItsTimeToo() throws Exception {
    tower.hold();
    PictureCall first = traced().upload("a cat");
    tower.awaitEncodes(1);
    PictureCall second = traced().begin("a cat".getBytes());
    tower.release();
    first.allTokens(first.layout());
    second.allTokens(second.layout());

    assertThat(tower.traceparents()).hasSize(1);
    assertThat(spans).filteredOn(span -> span.getName().equals("encode")).hasSize(2);
  }

  @Test
  void aStreamThatEndsInTheTowerEndsTheTowersSpan() throws Exception {
    tower.hold();
    PictureCall call = traced().upload("a cat");
    tower.awaitEncodes(1);
    call.cancel();

    assertThat(only("encode").getStatus()).isEqualTo(StatusData.error());
    assertThat(only("vision encoder").getStatus()).isEqualTo(StatusData.error());
    tower.release();
  }

  private PictureCall traced() {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-" + TRACE + "-" + CALLER + "-01");
    return new PictureCall(
        server.stub().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers)));
  }

  private SpanData only(String name) {
    List<SpanData> found = spans.stream().filter(span -> span.getName().equals(name)).toList();
    assertThat(found).as(name).hasSize(1);
    return found.get(0);
  }

  /** Keeps the spans that end. */
  private record Ended(List<SpanData> into) implements SpanProcessor {

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {
      // Only what has ended counts.
    }

    @Override
    public boolean isStartRequired() {
      return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
      into.add(span.toSpanData());
    }

    @Override
    public boolean isEndRequired() {
      return true;
    }
  }
}
