package io.winnow.encoder.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.winnow.encoder.pictures.EncodeOutcome;
import io.winnow.encoder.pictures.EncodeOutcome.Encoded;
import io.winnow.encoder.pictures.EncodeOutcome.Failed;
import io.winnow.encoder.pictures.EncodeTicket;
import io.winnow.encoder.pictures.EncoderFailure;
import io.winnow.encoder.pictures.EncoderFailure.Reason;
import io.winnow.encoder.pictures.EncoderTelemetry;
import io.winnow.encoder.pictures.PictureEncoder;
import io.winnow.encoder.pictures.PictureKey;
import io.winnow.encoder.pictures.PictureTokens;
import io.winnow.encoder.pictures.PictureTrace;
import io.winnow.encoder.pictures.PictureUpload;
import io.winnow.encoder.pictures.RefusedException;
import io.winnow.runtime.streams.IdleTimer;
import io.winnow.runtime.streams.OpenStreams;
import io.winnow.v1.EncodeBegin;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.Fetch;
import io.winnow.v1.PictureChunk;
import io.winnow.v1.Tensor;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One picture's stream: keeps the protocol's order and ends exactly once. Messages are taken one at
 * a time; blocks are made only while the peer reads. Called by gRPC, by encode workers and by the
 * idle timer, hence synchronized; no method waits.
 */
final class EncodeStream implements StreamObserver<EncodeRequest> {

  private static final Logger log = System.getLogger(EncodeStream.class.getName());

  private final ServerCallStreamObserver<EncodeResponse> peer;
  private final PictureEncoder encoder;
  private final OpenStreams<EncodeStream> openStreams;
  private final IdleTimer.Timeout idleTimeout;
  private final EncoderTelemetry telemetry;
  private final PictureTrace trace;
  private State state = new State.AwaitingBegin();
  private long bytesToCome;
  private OptionalLong stalledSince = OptionalLong.empty();

  EncodeStream(
      ServerCallStreamObserver<EncodeResponse> peer,
      PictureEncoder encoder,
      OpenStreams<EncodeStream> openStreams,
      IdleTimer idleTimer,
      EncoderTelemetry telemetry,
      PictureTrace trace) {
    this.peer = peer;
    this.encoder = encoder;
    this.openStreams = openStreams;
    this.idleTimeout = idleTimer.timeout(this::idle);
    this.telemetry = telemetry;
    this.trace = trace;
  }

  /** Admits the stream and takes the first message. Call once, inside the gRPC method. */
  synchronized void open() {
    peer.disableAutoRequest();
    peer.setOnReadyHandler(this::send);
    peer.setOnCancelHandler(this::release);
    switch (openStreams.admit(this)) {
      case ADMITTED -> takeNext();
      case FULL ->
          fail(
              Reason.TOO_MANY_STREAMS,
              "%d streams are open, which is the limit; retry later"
                  .formatted(openStreams.limit()));
      case DRAINING -> fail(Reason.DRAINING, "the encoder is stopping; retry elsewhere");
    }
  }

  @Override
  public synchronized void onNext(EncodeRequest request) {
    guarded(
        () -> {
          switch (request.getStepCase()) {
            case BEGIN -> begin(request.getBegin());
            case CHUNK -> take(request.getChunk());
            case FETCH -> fetch(request.getFetch());
            case STEP_NOT_SET -> throw refuseOrder("a message without a step");
          }
        });
  }

  @Override
  public synchronized void onError(Throwable cause) {
    release();
  }

  @Override
  public synchronized void onCompleted() {
    if (!(state instanceof State.Sending || state instanceof State.Ended)) {
      fail(
          Reason.PROTOCOL_VIOLATION,
          "the stream goes EncodeBegin, PictureChunks, Fetch, end; it ended before the Fetch");
    }
  }

  /** Ends the stream with a failure, unless it has ended. */
  synchronized void fail(EncoderFailure failure) {
    if (!(state instanceof State.Ended)) {
      release();
      telemetry.failed(failure.reason());
      peer.onError(FailureStatus.of(failure));
    }
  }

  private void fail(Reason reason, String message) {
    fail(new EncoderFailure(reason, message));
  }

  private void begin(EncodeBegin begin) throws RefusedException {
    if (!(state instanceof State.AwaitingBegin)) {
      throw refuseOrder("an EncodeBegin that is not the first message");
    }
    PictureKey key = EncodeMessages.key(begin);
    encoder.requireFileSize(begin.getContentLength());
    bytesToCome = begin.getContentLength();
    Optional<EncodeTicket> known = encoder.find(key);
    if (known.isPresent()) {
      await(key.model(), known.get());
    } else {
      state = new State.Uploading(key.model(), encoder.upload(key, bytesToCome, trace));
    }
    takeNext();
  }

  private void take(PictureChunk chunk) throws RefusedException {
    if (state instanceof State.AwaitingBegin || state instanceof State.Sending) {
      throw refuseOrder("a PictureChunk");
    }
    ByteBuffer bytes = EncodeMessages.bytes(chunk);
    bytesToCome -= bytes.remaining();
    if (bytesToCome < 0) {
      throw new RefusedException(
          Reason.CONTENT_MISMATCH, "more bytes came than content_length announced");
    }
    // Without an upload the picture was known; what was under way already is of no use.
    if (state instanceof State.Uploading uploading) {
      uploading.upload().add(bytes);
      if (uploading.upload().isComplete()) {
        await(uploading.model(), encoder.submit(uploading.upload()));
      }
    }
    takeNext();
  }

  private void await(String model, EncodeTicket ticket) {
    state = new State.Encoding(ticket);
    ticket.outcome().thenAccept(outcome -> encoded(model, outcome));
  }

  private synchronized void encoded(String model, EncodeOutcome outcome) {
    guarded(
        () -> {
          if (outcome instanceof Encoded encoded) {
            peer.onNext(EncodeMessages.layout(encoded));
            state = new State.AwaitingFetch(model, encoded.tokens());
            idleTimeout.restart();
          } else if (outcome instanceof Failed failed) {
            throw new RefusedException(failed.failure());
          }
        });
  }

  private void fetch(Fetch fetch) throws RefusedException {
    if (!(state instanceof State.AwaitingFetch awaiting)) {
      throw refuseOrder("a Fetch");
    }
    PictureTokens tokens = awaiting.tokens();
    int[] selected = EncodeMessages.selected(fetch.getSelection(), tokens.encoded().tokens());
    state = new State.Sending(awaiting.model(), new TokenBlocks(tokens.encoded(), selected));
    takeNext();
    send();
  }

  /** Sends while the peer reads; called again whenever it does so again. */
  private synchronized void send() {
    guarded(
        () -> {
          if (!(state instanceof State.Sending sending)) {
            return;
          }
          endStall();
          while (sending.blocks().hasNext() && peer.isReady()) {
            send(sending.model(), sending.blocks().next());
          }
          if (sending.blocks().hasNext()) {
            stalledSince = OptionalLong.of(System.nanoTime());
          } else {
            release();
            peer.onCompleted();
          }
        });
  }

  private void send(String model, EncodeResponse response) {
    peer.onNext(response);
    idleTimeout.restart();
    Tensor rows = response.getBlock().getTensors(0).getTensor(); // [tokens, hidden]
    telemetry.sent(model, (int) rows.getShape(0), rows.getData().size());
  }

  private void endStall() {
    if (stalledSince.isPresent()) {
      telemetry.stalled(Duration.ofNanos(System.nanoTime() - stalledSince.getAsLong()));
      stalledSince = OptionalLong.empty();
    }
  }

  /** Runs a step of a stream that has not ended, and ends it where the step fails. */
  private void guarded(Step step) {
    if (state instanceof State.Ended) {
      return;
    }
    try {
      step.run();
    } catch (RefusedException e) {
      fail(e.failure());
    } catch (RuntimeException e) {
      log.log(Level.ERROR, "an Encode stream failed", e);
      fail(Reason.INTERNAL, "the encoder failed; its log has the details");
    }
  }

  private static RefusedException refuseOrder(String what) {
    return new RefusedException(
        Reason.PROTOCOL_VIOLATION,
        "the stream goes EncodeBegin, PictureChunks, Fetch after the layout, end; out of order: "
            + what);
  }

  private synchronized void idle() {
    fail(Reason.IDLE, "nothing was heard, or nothing was read, for too long");
  }

  /** Asks for one message. While a picture is being encoded it is not the peer who is slow. */
  private void takeNext() {
    if (state instanceof State.Ended) {
      return;
    }
    if (state instanceof State.Encoding) {
      idleTimeout.stop();
    } else {
      idleTimeout.restart();
    }
    peer.request(1);
  }

  private synchronized void release() {
    State last = state;
    state = new State.Ended();
    if (last instanceof State.Uploading uploading) {
      uploading.upload().close();
    } else if (last instanceof State.Encoding encoding) {
      encoding.ticket().abandon();
    }
    endStall();
    idleTimeout.stop();
    openStreams.ended(this);
  }

  /** One reaction to an event. */
  @FunctionalInterface
  private interface Step {
    void run() throws RefusedException;
  }

  /** Where the stream is in the protocol. */
  private sealed interface State {

    record AwaitingBegin() implements State {}

    record Uploading(String model, PictureUpload upload) implements State {}

    record Encoding(EncodeTicket ticket) implements State {}

    record AwaitingFetch(String model, PictureTokens tokens) implements State {}

    record Sending(String model, TokenBlocks blocks) implements State {}

    record Ended() implements State {}
  }
}
