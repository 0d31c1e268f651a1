package io.winnow.decoder.tracing;

import static io.winnow.tracing.TraceNames.ADMISSION;
import static io.winnow.tracing.TraceNames.APPLIED_LAYER;
import static io.winnow.tracing.TraceNames.ATTEMPT;
import static io.winnow.tracing.TraceNames.BLOCKING;
import static io.winnow.tracing.TraceNames.BLOCKS;
import static io.winnow.tracing.TraceNames.BYTES;
import static io.winnow.tracing.TraceNames.BY_PRUNER;
import static io.winnow.tracing.TraceNames.CACHE_HIT;
import static io.winnow.tracing.TraceNames.DECIDE;
import static io.winnow.tracing.TraceNames.DECODE;
import static io.winnow.tracing.TraceNames.DECODER_QUEUE;
import static io.winnow.tracing.TraceNames.EFFECT;
import static io.winnow.tracing.TraceNames.ENCODE_PICTURE;
import static io.winnow.tracing.TraceNames.ERROR_TYPE;
import static io.winnow.tracing.TraceNames.EXIT;
import static io.winnow.tracing.TraceNames.FAIL_OVER;
import static io.winnow.tracing.TraceNames.FETCH_PICTURES;
import static io.winnow.tracing.TraceNames.FIRST_LAYER;
import static io.winnow.tracing.TraceNames.FIRST_TOKEN;
import static io.winnow.tracing.TraceNames.FLOPS;
import static io.winnow.tracing.TraceNames.FLOPS_RATIO;
import static io.winnow.tracing.TraceNames.LATENESS;
import static io.winnow.tracing.TraceNames.LAYER;
import static io.winnow.tracing.TraceNames.LAYERS;
import static io.winnow.tracing.TraceNames.MARGIN;
import static io.winnow.tracing.TraceNames.METHOD;
import static io.winnow.tracing.TraceNames.OBSERVATION;
import static io.winnow.tracing.TraceNames.OUTPUT_TOKENS;
import static io.winnow.tracing.TraceNames.PARSE;
import static io.winnow.tracing.TraceNames.PER_TOKEN;
import static io.winnow.tracing.TraceNames.PICTURE;
import static io.winnow.tracing.TraceNames.PICTURES;
import static io.winnow.tracing.TraceNames.PREFILL;
import static io.winnow.tracing.TraceNames.PREPARE;
import static io.winnow.tracing.TraceNames.REASON;
import static io.winnow.tracing.TraceNames.RETRY;
import static io.winnow.tracing.TraceNames.SEGMENT;
import static io.winnow.tracing.TraceNames.SEGMENT_NUMBER;
import static io.winnow.tracing.TraceNames.TIME_TO_FIRST_CHUNK;
import static io.winnow.tracing.TraceNames.TOKENS_IN;
import static io.winnow.tracing.TraceNames.TOKENS_OUT;
import static io.winnow.tracing.TraceNames.VERDICT;
import static io.winnow.tracing.TraceNames.VERDICT_EFFECT;
import static io.winnow.tracing.TraceNames.VISUAL_IN;
import static io.winnow.tracing.TraceNames.VISUAL_KEPT;
import static io.winnow.tracing.TraceNames.VISUAL_OUT;
import static io.winnow.tracing.TraceNames.VISUAL_TOKENS;
import static io.winnow.tracing.TraceNames.WIRE;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.winnow.decoder.chat.ExitReport;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.tracing.TimedSpans;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One answer as a tree of spans. Told one event at a time, which its wrapper sees to. */
final class AnswerTrace implements AnswerTelemetry {

  private static final double NANOS = 1e9;

  private final SpanTree spans;
  private final TimedSpans times;
  private final RequestAttributes request;
  private final long received;
  private long prefilled;
  private long firstToken;
  private long lastToken;
  private long tokens;

  AnswerTrace(SpanTree spans, RequestOrigin origin, boolean content) {
    this.spans = spans;
    this.times = spans.spans();
    this.request = new RequestAttributes(spans.root(), content);
    this.received = origin.receivedNanos();
    request.origin(origin);
  }

  @Override
  public TraceContext context(Hop hop, int picture) {
    Span span =
        switch (hop) {
          case REQUEST -> spans.root();
          case ENCODE -> spans.get(ENCODE_PICTURE + picture);
          case FETCH -> spans.get(WIRE + picture);
          case DECIDE -> spans.get(DECIDE);
          case GENERATE -> spans.get(DECODER_QUEUE);
        };
    return SpanTree.context(span);
  }

  @Override
  public void on(AnswerEvent event) {
    if (event instanceof AnswerEvent.Token) {
      token(event.at());
    } else if (!(arrival(event) || pictures(event) || deciding(event) || prefill(event))) {
      end(event);
    }
  }

  private boolean arrival(AnswerEvent event) {
    if (event instanceof AnswerEvent.Accepted accepted) {
      spans.past(PARSE, received, accepted.at());
      request.accepted(accepted.request());
    } else if (event instanceof AnswerEvent.Admitted admitted) {
      spans.past(ADMISSION, admitted.since(), admitted.at());
    } else if (event instanceof AnswerEvent.Prepared prepared) {
      spans.past(PREPARE, prepared.since(), prepared.at());
      request.prepared(prepared);
    } else {
      return false;
    }
    return true;
  }

  private boolean pictures(AnswerEvent event) {
    if (event instanceof AnswerEvent.PicturesFetched fetched) {
      Span span = times.start(spans.root(), FETCH_PICTURES, SpanKind.CLIENT, fetched.since());
      span.setAttribute(PICTURES, (long) fetched.pictures());
      span.setAttribute(BYTES, fetched.bytes());
      times.end(span, fetched.at());
    } else if (event instanceof AnswerEvent.EncodeOpened opened) {
      spans
          .open(ENCODE_PICTURE + opened.picture(), ENCODE_PICTURE, SpanKind.CLIENT, opened.at())
          .setAttribute(PICTURE, (long) opened.picture())
          .setAttribute(BYTES, opened.bytes());
    } else if (event instanceof AnswerEvent.EncodeRetried retried) {
      event(
          spans.get(ENCODE_PICTURE + retried.picture()),
          RETRY,
          Attributes.of(ATTEMPT, (long) retried.attempt()),
          retried.at());
    } else if (event instanceof AnswerEvent.Encoded encoded) {
      spans
          .get(ENCODE_PICTURE + encoded.picture())
          .setAttribute(VISUAL_TOKENS, (long) encoded.tokens())
          .setAttribute(CACHE_HIT, encoded.cacheHit());
      spans.close(ENCODE_PICTURE + encoded.picture(), encoded.at());
    } else if (event instanceof AnswerEvent.FetchOpened opened) {
      spans
          .open(WIRE + opened.picture(), WIRE, SpanKind.CLIENT, opened.at())
          .setAttribute(PICTURE, (long) opened.picture())
          .setAttribute(VISUAL_TOKENS, (long) opened.tokens());
    } else if (event instanceof AnswerEvent.Fetched fetched) {
      spans
          .get(WIRE + fetched.picture())
          .setAttribute(BYTES, fetched.bytes())
          .setAttribute(BLOCKS, (long) fetched.blocks());
      spans.close(WIRE + fetched.picture(), fetched.at());
    } else {
      return false;
    }
    return true;
  }

  private boolean deciding(AnswerEvent event) {
    if (event instanceof AnswerEvent.PlanAsked) {
      spans.open(DECIDE, DECIDE, SpanKind.CLIENT, event.at());
    } else if (event instanceof AnswerEvent.Planned planned) {
      planned(planned);
    } else if (event instanceof AnswerEvent.Observed observed) {
      event(
          OBSERVATION,
          Attributes.of(
              SEGMENT_NUMBER,
              (long) observed.segment(),
              VISUAL_TOKENS,
              (long) observed.visualTokens()),
          observed.at());
    } else if (event instanceof AnswerEvent.Decided decided) {
      event(
          VERDICT,
          Attributes.of(
              SEGMENT_NUMBER,
              (long) decided.segment(),
              EXIT,
              decided.exit(),
              BY_PRUNER,
              decided.byPruner()),
          decided.at());
    } else if (event instanceof AnswerEvent.VerdictSettled settled) {
      settled(settled);
    } else {
      return false;
    }
    return true;
  }

  /** What a verdict came to; told late, with the time at which it came. */
  private void settled(AnswerEvent.VerdictSettled settled) {
    ExitReport.Question question = settled.question();
    AttributesBuilder attributes =
        Attributes.builder()
            .put(SEGMENT_NUMBER, (long) question.segment())
            .put(LAYER, (long) question.layer())
            .put(EFFECT, question.effect().name().toLowerCase(Locale.ROOT));
    question
        .verdict()
        .ifPresent(
            verdict ->
                attributes
                    .put(MARGIN, (double) verdict.margin())
                    .put(LATENESS, (settled.at() - settled.needed()) / NANOS));
    question.appliedLayer().ifPresent(layer -> attributes.put(APPLIED_LAYER, (long) layer));
    event(VERDICT_EFFECT, attributes.build(), settled.at());
  }

  private void planned(AnswerEvent.Planned planned) {
    spans
        .get(DECIDE)
        .setAttribute(METHOD, planned.method())
        .setAttribute(REASON, planned.reason())
        .setAttribute(FLOPS_RATIO, planned.expectedFlopsRatio())
        .setAttribute(VISUAL_KEPT, (long) planned.fetched())
        .setAttribute(BLOCKING, planned.blocking())
        .setAttribute(BY_PRUNER, planned.byPruner());
    if (planned.byPruner()) {
      spans.close(DECIDE, planned.at());
    } else {
      spans.fail(DECIDE, "pruner_lost", planned.at());
    }
  }

  private boolean prefill(AnswerEvent event) {
    if (event instanceof AnswerEvent.Submitted) {
      spans.open(DECODER_QUEUE, DECODER_QUEUE, SpanKind.INTERNAL, event.at());
    } else if (event instanceof AnswerEvent.PrefillStarted) {
      spans.close(DECODER_QUEUE, event.at());
      spans.open(PREFILL, PREFILL, SpanKind.INTERNAL, event.at());
    } else if (event instanceof AnswerEvent.Prefilled done) {
      prefilled(done);
    } else if (event instanceof AnswerEvent.FailedOver lost) {
      event(
          FAIL_OVER,
          Attributes.of(
              ATTEMPT,
              (long) lost.attempt(),
              TOKENS_IN,
              (long) lost.replayedTokens(),
              ERROR_TYPE,
              lost.reason()),
          lost.at());
    } else {
      return false;
    }
    return true;
  }

  private void prefilled(AnswerEvent.Prefilled done) {
    Span prefill = spans.get(PREFILL);
    prefill.setAttribute(FLOPS, 2 * done.macs());
    prefill.setAttribute(FLOPS_RATIO, done.macs() / done.macsUnpruned());
    for (AnswerEvent.Segment segment : done.segments()) {
      Span span = times.start(prefill, SEGMENT, SpanKind.INTERNAL, segment.begin());
      span.setAttribute(SEGMENT_NUMBER, (long) segment.number())
          .setAttribute(FIRST_LAYER, (long) segment.firstLayer())
          .setAttribute(LAYERS, (long) segment.layers())
          .setAttribute(TOKENS_IN, (long) segment.rowsIn())
          .setAttribute(TOKENS_OUT, (long) segment.rowsOut())
          .setAttribute(VISUAL_IN, (long) segment.visualIn())
          .setAttribute(VISUAL_OUT, (long) segment.visualOut())
          .setAttribute(FLOPS, 2 * segment.macs());
      times.end(span, segment.end());
    }
    spans.close(PREFILL, done.at());
    prefilled = done.at();
  }

  private void token(long at) {
    if (tokens++ == 0) {
      firstToken = at;
      spans.root().setAttribute(TIME_TO_FIRST_CHUNK, (at - received) / NANOS);
      if (prefilled != 0) {
        spans.past(FIRST_TOKEN, prefilled, at);
      }
      spans.open(DECODE, DECODE, SpanKind.INTERNAL, at);
    }
    lastToken = at;
  }

  private void end(AnswerEvent event) {
    if (tokens > 0) {
      Span decode = spans.get(DECODE);
      decode.setAttribute(OUTPUT_TOKENS, tokens);
      if (tokens > 1) {
        decode.setAttribute(PER_TOKEN, (lastToken - firstToken) / NANOS / (tokens - 1));
      }
    }
    if (event instanceof AnswerEvent.Finished finished) {
      request.finished(finished.summary());
      spans.close(DECODE, Math.max(lastToken, firstToken));
      spans.endAll(Optional.empty(), finished.at());
    } else if (event instanceof AnswerEvent.Failed failed) {
      String type = failed.failure().reason().name().toLowerCase(Locale.ROOT);
      spans.endAll(Optional.of(type), failed.at());
    }
  }

  private void event(String name, Attributes attributes, long at) {
    event(spans.root(), name, attributes, at);
  }

  private void event(Span of, String name, Attributes attributes, long at) {
    of.addEvent(name, attributes, times.epochNanos(at), TimeUnit.NANOSECONDS);
  }
}
