package io.winnow.pruner.grpc;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what a call answers, for a test to wait for. */
final class RecordingObserver<T> implements StreamObserver<T> {

  private static final int PATIENCE_SECONDS = 30;

  private final BlockingQueue<T> messages = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final CountDownLatch something = new CountDownLatch(1);

  @Override
  public void onNext(T message) {
    messages.add(message);
    something.countDown();
  }

  @Override
  public void onError(Throwable cause) {
    end.completeExceptionally(cause);
    something.countDown();
  }

  @Override
  public void onCompleted() {
    end.complete(null);
    something.countDown();
  }

  T next() throws InterruptedException {
    T message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no message came; the call's end: " + end);
    }
    return message;
  }

  int pending() {
    return messages.size();
  }

  void awaitMessageOrEnd() throws InterruptedException {
    if (!something.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("nothing came");
    }
  }

  void awaitCompletion() throws Exception {
    end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Waits for the failure of the call; a normal end is an assertion error. */
  StatusRuntimeException awaitFailure() throws Exception {
    try {
      end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return (StatusRuntimeException) e.getCause();
    }
    throw new AssertionError("the call completed");
  }
}
