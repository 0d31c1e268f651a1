package io.winnow.runtime.triton.client;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Keeps what comes on a stream. */
final class RecordingStreamListener implements StreamListener {

  private static final int LOOK_MILLIS = 100;
  private static final int LOOKS = 600;

  final BlockingQueue<InferResponse> responses = new LinkedBlockingQueue<>();

  /** "id: message". */
  final BlockingQueue<String> failures = new LinkedBlockingQueue<>();

  private final CompletableFuture<String> end = new CompletableFuture<>();
  volatile @Nullable TritonException failure;

  /** How often the transport said that it takes more. */
  final AtomicInteger readies = new AtomicInteger();

  /** Thrown at the next response. */
  volatile @Nullable RuntimeException bomb;

  InferResponse next() throws InterruptedException {
    return next(responses);
  }

  String nextFailure() throws InterruptedException {
    return next(failures);
  }

  private <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    for (int look = 0; look < LOOKS; look++) {
      boolean over = end.isDone();
      T next = queue.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      if (next != null) {
        return next;
      }
      if (over) {
        throw new AssertionError("the stream ended: " + end.join() + ", " + failure);
      }
    }
    throw new AssertionError("nothing came");
  }

  /** "OK" or the gRPC code. */
  String end() throws Exception {
    return end.get(60, TimeUnit.SECONDS);
  }

  @Override
  public void onResponse(InferResponse response) {
    if (bomb != null) {
      throw bomb;
    }
    responses.add(response);
  }

  @Override
  public void onRequestFailed(String requestId, String message) {
    failures.add(requestId + ": " + message);
  }

  @Override
  public void onReady() {
    readies.incrementAndGet();
  }

  @Override
  public void onClosed(@Nullable TritonException thrown) {
    failure = thrown;
    if (!end.complete(thrown == null ? "OK" : thrown.code().toString())) {
      failures.add("closed twice");
    }
  }
}
