package io.winnow.encoder.tracing;

import static io.winnow.tracing.TraceNames.BLOCKS;
import static io.winnow.tracing.TraceNames.BYTES;
import static io.winnow.tracing.TraceNames.CACHE_HIT;
import static io.winnow.tracing.TraceNames.STALLED;
import static io.winnow.tracing.TraceNames.VISUAL_TOKENS;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.winnow.encoder.pictures.PictureTrace;
import io.winnow.tracing.Exemplars;
import io.winnow.tracing.StreamObservation;
import io.winnow.tracing.TimedSpans;
import io.winnow.tracing.TraceNames;
import io.winnow.tracing.TraceParent;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.EncodeTimings;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.PictureChunk;
import java.util.Optional;

/**
 * The spans of one Encode stream: the encoding, from the first message to the layout, and the
 * transfer, from the fetch to the end. How long the encoding's parts took is in the layout.
 */
public final class EncodeTrace extends StreamObservation<EncodeRequest, EncodeResponse>
    implements PictureTrace {

  private static final io.grpc.Context.Key<PictureTrace> CURRENT =
      io.grpc.Context.keyWithDefault("winnow-picture-trace", PictureTrace.NONE);

  private final TimedSpans spans;
  private final Context caller;
  private Optional<Span> encoding = Optional.empty();
  private Optional<Span> tower = Optional.empty(); // while this stream's picture is in it
  private Optional<Span> sending = Optional.empty();
  private long begun;
  private long towerBegun;
  private long uploaded; // 0 until all of the picture is there
  private long missing; // bytes of the picture
  private long bytes;
  private long blocks;
  private long stalledSince; // 0 while the peer reads
  private long stalled;

  EncodeTrace(Tracer tracer, Context caller) {
    this.spans = new TimedSpans(tracer);
    this.caller = caller;
  }

  /** That of the call under way, inside a gRPC method. */
  public static PictureTrace current() {
    return CURRENT.get();
  }

  @Override
  protected io.grpc.Context context(io.grpc.Context call) {
    return call.withValue(CURRENT, this);
  }

  @Override
  public synchronized Optional<String> towerBegins() {
    if (encoding.isEmpty()) {
      return Optional.empty(); // the stream has ended; others may wait for its picture
    }
    towerBegun = System.nanoTime();
    Span span = spans.start(encoding.get(), TraceNames.ENCODE, SpanKind.INTERNAL, towerBegun);
    tower = Optional.of(span);
    return Optional.ofNullable(TraceParent.write(Context.root().with(span)).get("traceparent"));
  }

  @Override
  public void measuring(Runnable measurement) {
    Exemplars.naming(handling(), measurement);
  }

  private synchronized Context handling() {
    return encoding.or(() -> sending).map(Context.root()::with).orElse(caller);
  }

  @Override
  protected Context received(EncodeRequest request) {
    switch (request.getStepCase()) {
      case BEGIN -> {
        begun = System.nanoTime();
        missing = request.getBegin().getContentLength();
        encoding =
            Optional.of(spans.start(caller, TraceNames.VISION_ENCODER, SpanKind.SERVER, begun));
      }
      case CHUNK -> took(request.getChunk());
      case FETCH -> {
        Context transfer = TraceParent.read(request.getFetch().getTraceparent(), "", caller);
        sending =
            Optional.of(spans.start(transfer, TraceNames.SEND, SpanKind.SERVER, System.nanoTime()));
      }
      case STEP_NOT_SET -> {}
    }
    return handling();
  }

  private void took(PictureChunk chunk) {
    missing -= chunk.getData().size();
    if (missing <= 0 && uploaded == 0 && encoding.isPresent()) {
      uploaded = System.nanoTime();
      spans.past(encoding.get(), TraceNames.RECEIVE, begun, uploaded);
    }
  }

  @Override
  protected void sending(EncodeResponse response) {
    switch (response.getStepCase()) {
      case LAYOUT -> encoded(response.getLayout());
      case BLOCK -> {
        blocks++;
        for (NamedTensor tensor : response.getBlock().getTensorsList()) {
          bytes += tensor.getTensor().getData().size();
        }
      }
      case STEP_NOT_SET -> {}
    }
  }

  @Override
  protected void sent(boolean ready) {
    if (!ready && stalledSince == 0 && sending.isPresent()) {
      stalledSince = System.nanoTime();
    }
  }

  @Override
  protected void ready() {
    if (stalledSince != 0) {
      stalled += System.nanoTime() - stalledSince;
      stalledSince = 0;
    }
  }

  @Override
  protected void ended(String error) {
    ready();
    long now = System.nanoTime();
    sending.ifPresent(
        span -> {
          span.setAttribute(BYTES, bytes);
          span.setAttribute(BLOCKS, blocks);
          span.setAttribute(STALLED, stalled / 1e9);
        });
    tower.ifPresent(span -> end(span, error, now));
    encoding.or(() -> sending).ifPresent(span -> end(span, error, now));
    tower = Optional.empty();
    encoding = Optional.empty();
    sending = Optional.empty();
  }

  private void end(Span span, String error, long at) {
    if (!error.isEmpty()) {
      TimedSpans.fail(span, error);
    }
    spans.end(span, at);
  }

  private void encoded(EncodedLayout layout) {
    if (encoding.isEmpty()) {
      return;
    }
    Span span = encoding.get();
    encoding = Optional.empty();
    long now = System.nanoTime();
    if (!layout.getCacheHit()) {
      parts(span, layout.getTimings(), now);
    }
    span.setAttribute(CACHE_HIT, layout.getCacheHit());
    span.setAttribute(VISUAL_TOKENS, (long) layout.getTokenCount());
    spans.end(span, now);
  }

  /** An encoding that others had asked for before may have begun before this stream. */
  private void parts(Span span, EncodeTimings timings, long now) {
    long encode = tower.isPresent() ? towerBegun : now - timings.getEncodeMicros() * 1_000;
    long preprocess = encode - (timings.getPreprocessMicros() - timings.getDecodeMicros()) * 1_000;
    long decode = preprocess - timings.getDecodeMicros() * 1_000;
    long queue = decode - timings.getQueueMicros() * 1_000;
    part(span, TraceNames.ENCODER_QUEUE, queue, decode);
    part(span, TraceNames.DECODE_PICTURE, decode, preprocess);
    part(span, TraceNames.PREPROCESS, preprocess, encode);
    if (tower.isPresent()) {
      spans.end(tower.get(), now);
      tower = Optional.empty();
    } else {
      part(span, TraceNames.ENCODE, encode, now);
    }
  }

  private void part(Span parent, String name, long since, long at) {
    long clipped = Math.max(begun, since);
    if (clipped <= at) {
      spans.past(parent, name, clipped, at);
    }
  }
}
