package io.winnow.cli.explain;

import java.util.Map;
import java.util.Optional;

/** What a span's own time is, in words, and what would make it shorter. */
enum Stage {
  REQUEST("time between the stages", "decoder-svc", Kind.OTHER),
  PARSE("reading the request", "decoder-svc", Kind.WORK),
  ADMISSION("the queue for admission", "decoder-svc", Kind.QUEUE),
  FETCH("fetching pictures by URL", "decoder-svc", Kind.WIRE),
  PREPARE("template and tokenizer", "decoder-svc", Kind.WORK),
  UPLOAD("sending the picture", "vision-encoder-svc", Kind.WIRE),
  ENCODER_QUEUE("the encoder's queue", "vision-encoder-svc", Kind.QUEUE),
  DECODE_PICTURE("decoding the picture", "vision-encoder-svc", Kind.WORK),
  PREPROCESS("preprocessing", "vision-encoder-svc", Kind.WORK),
  ENCODE("the vision tower", "vision-encoder-svc", Kind.WORK),
  DECIDE("deciding", "pruner-svc", Kind.WORK),
  WIRE("fetching visual tokens", "vision-encoder-svc", Kind.WIRE),
  DECODER_QUEUE("the decoder's queue", "decoder-svc", Kind.QUEUE),
  PREFILL("the prefill", "decoder-svc", Kind.WORK),
  FIRST_TOKEN("the first token", "decoder-svc", Kind.WORK),
  OTHER("other", "", Kind.OTHER);

  private static final Map<String, Stage> BY_SPAN =
      Map.ofEntries(
          Map.entry("parse request", PARSE),
          Map.entry("admission queue", ADMISSION),
          Map.entry("fetch pictures", FETCH),
          Map.entry("prepare prompt", PREPARE),
          Map.entry("encode picture", UPLOAD),
          Map.entry("vision encoder", UPLOAD),
          Map.entry("receive picture", UPLOAD),
          Map.entry("encoder queue", ENCODER_QUEUE),
          Map.entry("decode picture", DECODE_PICTURE),
          Map.entry("preprocess", PREPROCESS),
          Map.entry("encode", ENCODE),
          Map.entry("decide", DECIDE),
          Map.entry("plan", DECIDE),
          Map.entry("verdict", DECIDE),
          Map.entry("wire", WIRE),
          Map.entry("send visual tokens", WIRE),
          Map.entry("decoder queue", DECODER_QUEUE),
          Map.entry("prefill", PREFILL),
          Map.entry("prefill segment", PREFILL),
          Map.entry("first token", FIRST_TOKEN));

  private final String label;
  private final String service;
  private final Kind kind;

  Stage(String label, String service, Kind kind) {
    this.label = label;
    this.service = service;
    this.kind = kind;
  }

  /** The span's stage; one that others made, such as a Triton, belongs to the span it is below. */
  static Stage of(TraceSpan span, Trace trace) {
    if (span.equals(trace.root())) {
      return REQUEST;
    }
    Optional<TraceSpan> at = Optional.of(span);
    while (at.isPresent()) {
      Stage stage = BY_SPAN.get(at.get().name());
      if (stage != null) {
        return stage;
      }
      at = trace.parent(at.get());
    }
    return OTHER;
  }

  String label() {
    return label;
  }

  String service() {
    return service;
  }

  /** What to do about a stage that takes this much of the time, in a sentence. */
  String advice(long percent) {
    String share = "%d %% of the time to first token was %s".formatted(percent, label);
    return switch (kind) {
      case QUEUE -> "%s: scale %s.".formatted(share, service);
      case WIRE -> share + ": look at the network to " + service + ", or keep fewer visual tokens.";
      case WORK ->
          share
              + (this == PREFILL
                  ? ": keep fewer visual tokens, or give the decoder's runtime more to compute with."
                  : ": give %s more to compute with; more replicas help only others."
                      .formatted(service));
      case OTHER -> share + ".";
    };
  }

  private enum Kind {
    QUEUE,
    WORK,
    WIRE,
    OTHER
  }
}
