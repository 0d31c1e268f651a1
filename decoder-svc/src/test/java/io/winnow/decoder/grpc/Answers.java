package io.winnow.decoder.grpc;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client that reads only what it asks for. */
final class Answers implements ClientResponseObserver<GenerateRequest, GenerateResponse> {

  final BlockingQueue<GenerateResponse> steps = new LinkedBlockingQueue<>();
  final CompletableFuture<Throwable> error = new CompletableFuture<>();
  final CompletableFuture<Void> completed = new CompletableFuture<>();
  private ClientCallStreamObserver<GenerateRequest> call;

  @Override
  public void beforeStart(ClientCallStreamObserver<GenerateRequest> stream) {
    call = stream;
    stream.disableAutoRequestWithInitial(1);
  }

  GenerateResponse next() throws InterruptedException {
    GenerateResponse step = steps.poll(30, TimeUnit.SECONDS);
    call.request(1);
    return step;
  }

  void cancel() {
    call.cancel("the test wants no more", null);
  }

  @Override
  public void onNext(GenerateResponse response) {
    steps.add(response);
  }

  @Override
  public void onError(Throwable thrown) {
    error.complete(thrown);
  }

  @Override
  public void onCompleted() {
    completed.complete(null);
  }
}
