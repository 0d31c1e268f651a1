package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.generation.AnswerPlan.Selection;
import io.winnow.decoder.generation.PreparedPrompt.Picture;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.AnswerTelemetry.Hop;
import io.winnow.v1.EncodeTimings;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.TokenIndices;
import io.winnow.v1.TokenSelection;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The exchanges with the encoder for one answer, one per picture. An encoder that goes before it
 * has told a layout costs the answer nothing: nothing was made of it yet, and another replica
 * encodes the picture. After the layout it is too late, since a plan may build on its saliency.
 * Lives in a mailbox.
 */
final class PictureEncodings {

  /** Calls for one picture, the first included: enough for replicas that stop one by one. */
  static final int ATTEMPTS = 3;

  /**
   * Before the third call: by then a replica that stops is known to be gone. The second is at once.
   */
  static final Duration PAUSE = Duration.ofMillis(250);

  private final AnsweringModel model;
  private final Executor mailbox;
  private final Timeline timeline;
  private final AnswerTelemetry telemetry;
  private final Events events;
  private final List<Exchange> exchanges = new ArrayList<>();
  private boolean cancelled;
  private int layouts;
  private int fetched;

  /** What becomes of the pictures; called in the mailbox. */
  interface Events {

    /** Every picture's layout is there. */
    void encoded(List<EncodedLayout> layouts);

    /** Every target is full. */
    void fetched();

    /** A picture failed, and with it all of them. */
    void encodingFailed(ChatFailure failure);
  }

  PictureEncodings(AnsweringModel model, Executor mailbox, Timeline timeline, Events events) {
    this.model = model;
    this.mailbox = mailbox;
    this.timeline = timeline;
    this.telemetry = timeline.telemetry();
    this.events = events;
  }

  void open(VisionEncoderClient encoder, List<Picture> pictures, Duration timeout) {
    for (Picture picture : pictures) {
      int number = exchanges.size();
      Exchange exchange = new Exchange(encoder, number, picture, timeline.now(), timeout);
      exchanges.add(exchange);
      telemetry.on(new AnswerEvent.EncodeOpened(timeline.now(), number, picture.content().length));
      exchange.call();
    }
  }

  /** Fetches the selected tokens of each picture into its target. */
  void fetch(List<Selection> selections, List<FloatBuffer> targets) {
    for (int picture = 0; picture < exchanges.size(); picture++) {
      exchanges.get(picture).fetch(message(selections.get(picture)), targets.get(picture));
    }
  }

  /** Gives up what is still open. */
  void cancel() {
    cancelled = true;
    for (Exchange exchange : exchanges) {
      exchange.cancel();
    }
  }

  private static TokenSelection message(Selection selection) {
    TokenSelection.Builder message = TokenSelection.newBuilder();
    if (selection.all()) {
      return message.setAll(true).build();
    }
    return message
        .setIndices(
            TokenIndices.newBuilder()
                .addAllIndex(Arrays.stream(selection.indices()).boxed().toList()))
        .build();
  }

  private Optional<String> contradiction(EncodedLayout layout) {
    if (layout.getTokenCount() != model.tokensPerPicture()
        || layout.getHiddenSize() != model.decoder().getHiddenSize()) {
      return Optional.of(
          "vision-encoder-svc makes %d tokens of width %d of a picture, but model \"%s\" has %d of"
                  .formatted(
                      layout.getTokenCount(),
                      layout.getHiddenSize(),
                      model.name(),
                      model.tokensPerPicture())
              + " width %d here: both services must serve the same export"
                  .formatted(model.decoder().getHiddenSize()));
    }
    if (layout.getPictureWidth() < 1 || layout.getPictureHeight() < 1) {
      return Optional.of("vision-encoder-svc does not tell the picture's size");
    }
    return Optional.empty();
  }

  /** One picture's exchange. */
  private final class Exchange implements VisionEncoderClient.Listener {

    private final VisionEncoderClient encoder;
    private final int number;
    private final String param;
    private final long deadline;
    private byte @Nullable [] content; // null once a layout is there
    private int attempts;
    private Timers.@Nullable Timer pausing;
    private long askedAt;
    private VisionEncoderClient.@Nullable Encoding encoding;
    private @Nullable EncodedLayout layout;

    Exchange(
        VisionEncoderClient encoder, int number, Picture picture, long askedAt, Duration timeout) {
      this.encoder = encoder;
      this.number = number;
      this.param = picture.param();
      this.content = picture.content();
      this.askedAt = askedAt;
      this.deadline = askedAt + timeout.toNanos();
    }

    void call() {
      attempts++;
      PeerCall terms =
          new PeerCall(
              Duration.ofNanos(deadline - timeline.now()), telemetry.context(Hop.ENCODE, number));
      encoding = encoder.encode(model.name(), Objects.requireNonNull(content), terms, this);
    }

    void fetch(TokenSelection selection, FloatBuffer target) {
      askedAt = timeline.now();
      telemetry.on(
          new AnswerEvent.FetchOpened(
              askedAt, number, target.remaining() / model.decoder().getHiddenSize()));
      Objects.requireNonNull(encoding, "fetched before it was opened")
          .fetch(selection, target, telemetry.context(Hop.FETCH, number));
    }

    @Override
    public void onLayout(EncodedLayout layout) {
      mailbox.execute(() -> encoded(layout));
    }

    @Override
    public void onFetched(long bytes, int blocks) {
      mailbox.execute(() -> complete(bytes, blocks));
    }

    @Override
    public void onFailed(ChatFailure failure) {
      mailbox.execute(() -> failed(failure));
    }

    private void failed(ChatFailure failure) {
      Duration pause = PAUSE.multipliedBy(attempts - 1L);
      boolean again =
          content != null
              && attempts < ATTEMPTS
              && isOfTheReplica(failure)
              && timeline.now() + pause.toNanos() < deadline;
      if (!again) {
        content = null;
        events.encodingFailed(blame(failure));
      } else if (pause.isZero()) {
        retry();
      } else {
        pausing = timeline.timers().after(pause, () -> mailbox.execute(this::retry));
      }
    }

    private void retry() {
      if (!cancelled) {
        telemetry.on(new AnswerEvent.EncodeRetried(timeline.now(), number, attempts));
        call();
      }
    }

    void cancel() {
      if (encoding != null) {
        encoding.cancel();
      }
      if (pausing != null) {
        pausing.cancel();
      }
    }

    /** Another one may well do it; one that is only full must not get its load on top. */
    private static boolean isOfTheReplica(ChatFailure failure) {
      return failure.reason() == Reason.UNAVAILABLE || failure.reason() == Reason.CANCELLED;
    }

    private void encoded(EncodedLayout layout) {
      Optional<String> contradiction = contradiction(layout);
      if (contradiction.isPresent()) {
        events.encodingFailed(ChatFailure.of(Reason.INTERNAL, contradiction.get()));
        return;
      }
      this.layout = layout;
      content = null;
      timeline.encoded(layout.getTimings(), askedAt);
      telemetry.on(event(layout));
      if (++layouts == exchanges.size()) {
        Stream<@Nullable EncodedLayout> all = exchanges.stream().map(exchange -> exchange.layout);
        events.encoded(all.map(Objects::requireNonNull).toList());
      }
    }

    private AnswerEvent event(EncodedLayout layout) {
      EncodeTimings timings = layout.getTimings();
      return new AnswerEvent.Encoded(
          timeline.now(),
          number,
          layout.getTokenCount(),
          layout.getCacheHit(),
          Timeline.micros(timings.getQueueMicros()),
          Timeline.micros(timings.getPreprocessMicros()),
          Timeline.micros(timings.getEncodeMicros()));
    }

    private void complete(long bytes, int blocks) {
      timeline.fetched(askedAt);
      telemetry.on(new AnswerEvent.Fetched(timeline.now(), number, bytes, blocks));
      if (++fetched == exchanges.size()) {
        events.fetched();
      }
    }

    /** Where the picture itself is at fault, the caller is told which. */
    private ChatFailure blame(ChatFailure failure) {
      return switch (failure.reason()) {
        case PICTURE_UNREADABLE, PICTURE_TOO_LARGE ->
            ChatFailure.of(failure.reason(), failure.message(), param);
        case INVALID_REQUEST,
            MODEL_NOT_FOUND,
            CONTEXT_LENGTH_EXCEEDED,
            PICTURE_URL_REFUSED,
            UNAUTHENTICATED,
            RATE_LIMITED,
            INTERNAL ->
            ChatFailure.of(Reason.INTERNAL, "encoding " + param + " failed: " + failure.message());
        case CANCELLED, UNAVAILABLE -> ChatFailure.of(Reason.UNAVAILABLE, failure.message());
        case OVERLOADED, TIMEOUT -> failure;
      };
    }
  }
}
