package io.winnow.runtime.triton.client;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps what comes on a stream. */
final class RecordingStreamListener implements StreamListener {

  final BlockingQueue<InferResponse> responses = new LinkedBlockingQueue<>();

  /** "id: message". */
  final BlockingQueue<String> failures = new LinkedBlockingQueue<>();

  private final CompletableFuture<String> end = new CompletableFuture<>();
  volatile @Nullable TritonException failure;

  InferResponse next() throws InterruptedException {
    InferResponse response = responses.poll(10, TimeUnit.SECONDS);
    if (response == null) {
      throw new AssertionError("no response came");
    }
    return response;
  }

  String nextFailure() throws InterruptedException {
    String message = failures.poll(10, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no failure came");
    }
    return message;
  }

  /** "OK" or the gRPC code. */
  String end() throws Exception {
    return end.get(10, TimeUnit.SECONDS);
  }

  @Override
  public void onResponse(InferResponse response) {
    responses.add(response);
  }

  @Override
  public void onRequestFailed(String requestId, String message) {
    failures.add(requestId + ": " + message);
  }

  @Override
  public void onClosed(@Nullable TritonException thrown) {
    failure = thrown;
    if (!end.complete(thrown == null ? "OK" : thrown.code().toString())) {
      failures.add("closed twice");
    }
  }
}
