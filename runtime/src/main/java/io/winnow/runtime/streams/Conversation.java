package io.winnow.runtime.streams;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A bidirectional call as a blocking conversation, for work that has a thread of its own. One
 * message is in memory in each direction: the next is asked for when it is wanted, and nothing is
 * sent before the peer has room. Made inside the gRPC method; {@link #next}, {@link #say} and the
 * ends are the worker's, one thread only.
 *
 * @param <I> what the peer says
 * @param <O> what is said to it
 */
public final class Conversation<I, O> implements StreamObserver<I> {

  private final ServerCallStreamObserver<O> peer;
  private final Duration patience;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable I received;
  private boolean peerDone;
  private boolean peerGone;

  /**
   * @param patience how long the peer may be silent where a message is due, or not read
   */
  public Conversation(ServerCallStreamObserver<O> peer, Duration patience) {
    this.peer = peer;
    this.patience = patience;
    peer.disableAutoRequest();
    peer.setOnReadyHandler(this::wake);
    peer.setOnCancelHandler(this::lose);
  }

  /** Waits for a message; empty once the peer has said all it had to say. */
  public Optional<I> next() throws ConversationEndedException, InterruptedException {
    peer.request(1);
    lock.lock();
    try {
      await(() -> received != null || peerDone);
      Optional<I> message = Optional.ofNullable(received);
      received = null;
      return message;
    } finally {
      lock.unlock();
    }
  }

  /** Sends a message, as soon as the peer has room. */
  public void say(O message) throws ConversationEndedException, InterruptedException {
    lock.lock();
    try {
      await(peer::isReady);
    } finally {
      lock.unlock();
    }
    peer.onNext(message);
  }

  /** Ends the call well. */
  public void complete() {
    peer.onCompleted();
  }

  /** Ends the call with a status. */
  public void fail(RuntimeException status) {
    peer.onError(status);
  }

  @Override
  public void onNext(I message) {
    change(() -> received = message);
  }

  @Override
  public void onError(Throwable cause) {
    lose();
  }

  @Override
  public void onCompleted() {
    change(() -> peerDone = true);
  }

  private void lose() {
    change(() -> peerGone = true);
  }

  private void wake() {
    change(() -> {});
  }

  private void change(Runnable what) {
    lock.lock();
    try {
      what.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void await(Holds condition) throws ConversationEndedException, InterruptedException {
    long left = patience.toNanos();
    while (!peerGone && !condition.now()) {
      if (left <= 0) {
        throw new ConversationEndedException(
            ConversationEndedException.Cause.SILENT,
            "nothing was heard for " + patience.toSeconds() + " s");
      }
      left = changed.awaitNanos(left);
    }
    if (peerGone) {
      throw new ConversationEndedException(
          ConversationEndedException.Cause.GONE, "the caller went away");
    }
  }

  /** Something to wait for. */
  private interface Holds {
    boolean now();
  }
}
