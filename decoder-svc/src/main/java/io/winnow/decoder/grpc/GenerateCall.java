package io.winnow.decoder.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerListener;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ChatService;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.v1.GenerateResponse;
import org.jspecify.annotations.Nullable;

/**
 * One Generate stream: asks for deltas only while the client reads, a window at a time. What is
 * written is written by the service's one thread at a time.
 */
final class GenerateCall implements AnswerListener {

  /** Deltas under way at a time: enough to keep the runtime busy, little to hold. */
  static final int WINDOW = 16;

  private final ServerCallStreamObserver<GenerateResponse> client;
  private final Object lock = new Object();
  private @Nullable ActiveAnswer answer;
  private int outstanding;
  private boolean gone;

  GenerateCall(ServerCallStreamObserver<GenerateResponse> client) {
    this.client = client;
  }

  /** Starts the answer; once, inside the gRPC method. */
  void begin(ChatService service, ChatRequest request, AnswerTelemetry telemetry) {
    client.setOnCancelHandler(this::clientGone);
    client.setOnReadyHandler(this::refill);
    ActiveAnswer begun = service.answer(request, this, telemetry);
    boolean cancel;
    synchronized (lock) {
      answer = begun;
      cancel = gone;
    }
    if (cancel) {
      begun.cancel();
    } else {
      refill();
    }
  }

  @Override
  public void onStarted(AnswerStarted started) {
    client.onNext(GenerateMessages.started(started));
  }

  @Override
  public void onDelta(AnswerDelta delta) {
    client.onNext(GenerateMessages.delta(delta));
    synchronized (lock) {
      outstanding--;
    }
    refill();
  }

  @Override
  public void onFinished(AnswerSummary summary) {
    client.onNext(GenerateMessages.finished(summary));
    client.onCompleted();
  }

  @Override
  public void onFailed(ChatFailure failure) {
    client.onError(FailureStatus.of(failure));
  }

  private void refill() {
    synchronized (lock) {
      if (answer != null && outstanding <= WINDOW / 2 && client.isReady()) {
        answer.request(WINDOW - outstanding);
        outstanding = WINDOW;
      }
    }
  }

  private void clientGone() {
    synchronized (lock) {
      gone = true;
      if (answer != null) {
        answer.cancel();
      }
    }
  }
}
