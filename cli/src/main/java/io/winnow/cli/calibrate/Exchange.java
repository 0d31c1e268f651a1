package io.winnow.cli.calibrate;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A bidirectional call as a blocking conversation. A message is asked for when it is wanted, and
 * sent when the service has room. One thread only.
 *
 * @param <I> what is sent
 * @param <O> what is received
 */
final class Exchange<I, O> implements ClientResponseObserver<I, O>, AutoCloseable {

  private final String service;
  private final BlockingQueue<Received<O>> received = new LinkedBlockingQueue<>();
  private final Semaphore room = new Semaphore(0);
  private @Nullable ClientCallStreamObserver<I> call;

  /**
   * @param service its name, for messages
   */
  Exchange(String service) {
    this.service = service;
  }

  /** A message, or the end. */
  private record Received<O>(Optional<O> message, Optional<Throwable> failure) {}

  @Override
  public void beforeStart(ClientCallStreamObserver<I> stream) {
    call = stream;
    stream.disableAutoRequestWithInitial(0);
    stream.setOnReadyHandler(room::release);
  }

  void send(I message) throws IOException {
    try {
      while (!call().isReady() && received.peek() == null) {
        room.acquire();
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
    call().onNext(message);
  }

  /** Waits for the next message. */
  O receive() throws IOException {
    return next()
        .orElseThrow(() -> new IOException(service + " ended the calibration before it was done"));
  }

  /** Waits until the service has ended the call, as it does after its last message. */
  void awaitEnd() throws IOException {
    if (next().isPresent()) {
      throw new IOException(service + " went on after the end of the calibration");
    }
  }

  private Optional<O> next() throws IOException {
    call().request(1);
    Received<O> next;
    try {
      next = received.take();
    } catch (InterruptedException e) {
      throw interrupted();
    }
    if (next.failure().isPresent()) {
      Status status = Status.fromThrowable(next.failure().get());
      throw new IOException(
          "%s: %s"
              .formatted(
                  service,
                  Optional.ofNullable(status.getDescription()).orElse(status.getCode().name())),
          next.failure().get());
    }
    return next.message();
  }

  @Override
  public void onNext(O message) {
    received.add(new Received<>(Optional.of(message), Optional.empty()));
  }

  @Override
  public void onError(Throwable failure) {
    received.add(new Received<>(Optional.empty(), Optional.of(failure)));
    room.release();
  }

  @Override
  public void onCompleted() {
    received.add(new Received<>(Optional.empty(), Optional.empty()));
    room.release();
  }

  /** Says that nothing more is sent. */
  @Override
  public void close() {
    if (call != null) {
      call.onCompleted();
    }
  }

  private ClientCallStreamObserver<I> call() {
    if (call == null) {
      throw new IllegalStateException("the call was not started");
    }
    return call;
  }

  private static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("the calibration was interrupted");
  }
}
