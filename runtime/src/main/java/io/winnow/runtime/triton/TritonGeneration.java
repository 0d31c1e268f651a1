package io.winnow.runtime.triton;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.triton.client.InferRequest;
import io.winnow.runtime.triton.client.InferResponse;
import io.winnow.runtime.triton.client.InferStream;
import io.winnow.runtime.triton.client.StreamListener;
import io.winnow.runtime.triton.client.TritonException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One generation and its stream. Callers' wishes are sent at once, or kept until the generation is;
 * events come on the runtime's one event thread.
 */
final class TritonGeneration implements Generation, StreamListener {

  private static final Logger LOG = System.getLogger(TritonGeneration.class.getName());
  private static final long NO_SLOT = -1;

  private final String name;
  private final GenerationRequest request;
  private final GenerationListener listener;
  private final TritonDecoderRuntime runtime;

  // Guarded by this.
  private final List<InferRequest> unsent = new ArrayList<>(); // verbs before the prefill
  private Optional<InferStream> stream = Optional.empty();
  private Optional<RuntimeFailure> ending = Optional.empty(); // what to say at the end
  private Optional<Future<?>> timer = Optional.empty(); // of what the server owes an answer to
  private long credit; // granted by the caller, not yet sent
  private long unspent; // sent, and no token has come for it yet
  private boolean sent;
  private boolean ended;

  // The event thread's.
  private long slotBytes = NO_SLOT;

  TritonGeneration(
      String name,
      GenerationRequest request,
      GenerationListener listener,
      TritonDecoderRuntime runtime) {
    this.name = name;
    this.request = request;
    this.listener = listener;
    this.runtime = runtime;
  }

  String name() {
    return name;
  }

  GenerationRequest request() {
    return request;
  }

  @Override
  public void resume(int segment, boolean exit) {
    int segments = runtime.manifest().getSegmentsCount();
    if (segment < 0 || segment >= segments) {
      throw new IllegalArgumentException(
          "segment is " + segment + ", must be in 0.." + (segments - 1));
    }
    say(runtime.requests().resume(name, segment, exit));
  }

  @Override
  public void decode(int tokens) {
    if (tokens < 1) {
      throw new IllegalArgumentException("tokens is " + tokens + ", must be at least 1");
    }
    synchronized (this) {
      credit += tokens;
      if (sent) {
        sendCredit();
      }
    }
  }

  /**
   * Sends the caller's credit on once the server has no more than that left: a caller who grants
   * one token for each that it takes costs a message for every few of them.
   */
  private synchronized void sendCredit() {
    if (credit > 0 && credit >= unspent) {
      say(runtime.requests().decode(name, credit));
      unspent += credit;
      credit = 0;
    }
  }

  @Override
  public void close() {
    close(new RuntimeFailure(Kind.CANCELLED, "the generation was closed"));
  }

  /** Asks the server to end it; what is told at the end is this, whatever the server says. */
  void close(RuntimeFailure reason) {
    boolean unknown;
    synchronized (this) {
      if (ended || ending.isPresent()) {
        return;
      }
      ending = Optional.of(reason);
      unknown = !sent;
      sent = true; // and never will be
    }
    if (unknown) {
      runtime.onEventThread(() -> fail(reason));
    } else if (!runtime.serving()) { // nobody to ask: what waits to go elsewhere need not wait more
      runtime.onEventThread(
          () -> {
            fail(reason);
            abandon("closed while the server does not answer");
          });
    } else {
      say(runtime.requests().close(name));
      expect(runtime.settings().close(), "end the generation", failure -> {});
    }
  }

  /** Cancels the stream; its end follows. */
  void abandon(String reason) {
    streamOpened().ifPresent(open -> open.cancel(reason));
  }

  /** It is its turn: opens the stream and sends the prefill, once. */
  void send() {
    long granted;
    List<InferRequest> verbs;
    synchronized (this) {
      if (sent) {
        runtime.onEventThread(() -> runtime.startAnswered(this));
        return;
      }
      sent = true;
      granted = credit;
      unspent = credit;
      credit = 0;
      verbs = List.copyOf(unsent);
      InferStream open;
      try {
        open = runtime.openStream(request.traceparent(), this);
      } catch (RuntimeException e) { // the endpoint was closed
        runtime.onEventThread(() -> fail(runtime.stopped()));
        return;
      }
      stream = Optional.of(open);
      try {
        // Inside the lock: later verbs must not overtake.
        open.send(runtime.requests().prefill(name, request, granted));
      } catch (TritonException e) { // it is too large
        runtime.onEventThread(() -> fail(TritonFailures.of(e)));
        runtime.onEventThread(() -> abandon("the request was not sent"));
        return;
      }
      verbs.forEach(open::send);
    }
    Duration time = runtime.settings().acknowledge();
    expect(time, "queue the generation", runtime::failWaiting);
  }

  /**
   * From now on the server has so long; then the generation is lost.
   *
   * @param others hear of it too
   */
  private synchronized void expect(Duration time, String what, Consumer<RuntimeFailure> others) {
    timer.ifPresent(running -> running.cancel(false));
    if (!ended) {
      timer = Optional.of(runtime.after(time, () -> overdue(time, what, others)));
    }
  }

  private void overdue(Duration time, String what, Consumer<RuntimeFailure> others) {
    RuntimeFailure failure =
        new RuntimeFailure(
            Kind.UNAVAILABLE,
            "the Triton at %s did not %s in %s: it hangs or is overloaded, ask another one"
                .formatted(runtime.address(), what, time));
    others.accept(failure);
    fail(failure);
    abandon("overdue");
  }

  @Override
  public void onResponse(InferResponse response) {
    if (!response.outputNames().isEmpty()) {
      take(DecoderEvent.of(response));
    }
  }

  @Override
  public void onRequestFailed(String requestId, String message) {
    RuntimeFailure refused =
        TritonFailures.refused(runtime.address(), runtime.modelName(), message);
    if (!isEnded()) {
      runtime.streamLost(refused);
    }
    fail(refused);
    abandon("a request was refused");
  }

  @Override
  public void onClosed(@Nullable TritonException failure) {
    RuntimeFailure lost =
        failure == null
            ? new RuntimeFailure(
                Kind.UNAVAILABLE,
                "the Triton at " + runtime.address() + " ended the stream of a live generation")
            : TritonFailures.of(failure);
    if (!isEnded()) {
      runtime.streamLost(lost);
    }
    fail(lost);
  }

  private synchronized boolean isEnded() {
    return ended;
  }

  private void take(DecoderEvent event) {
    if (event instanceof DecoderEvent.Accepted) {
      accepted();
    } else if (event instanceof DecoderEvent.Started started) {
      if (!isEnded()) { // it may have been given up while this was on its way
        slotBytes = started.slotBytes();
        runtime.population().seat(slotBytes);
        tell(GenerationListener::onPrefillStarted);
      }
    } else if (event instanceof DecoderEvent.SegmentEnd segment) {
      tell(told -> told.onSegmentEnd(segment.end()));
    } else if (event instanceof DecoderEvent.Prefilled prefilled) {
      tell(told -> told.onPrefilled(prefilled.summary()));
    } else if (event instanceof DecoderEvent.Token token) {
      synchronized (this) {
        unspent--;
        sendCredit();
      }
      tell(told -> told.onToken(token.token()));
    } else if (event instanceof DecoderEvent.Finished finished) {
      finish(finished.cause());
    } else if (event instanceof DecoderEvent.Failed failed) {
      fail(TritonFailures.told(runtime.address(), failed.kind(), failed.message()));
    }
  }

  private void accepted() {
    synchronized (this) {
      if (ending.isEmpty()) { // otherwise it is the close's
        timer.ifPresent(running -> running.cancel(false));
      }
    }
    runtime.startAnswered(this);
    tell(GenerationListener::onQueued);
  }

  /** Reports an event that is not terminal. A listener that throws loses its generation. */
  private void tell(Consumer<GenerationListener> event) {
    synchronized (this) {
      if (ended || ending.isPresent()) {
        return;
      }
    }
    try {
      event.accept(listener);
    } catch (Throwable thrown) {
      LOG.log(Level.ERROR, "a listener failed", thrown);
      close(new RuntimeFailure(Kind.INTERNAL, "the listener failed: " + thrown));
    }
  }

  private void finish(FinishCause cause) {
    Optional<RuntimeFailure> instead;
    synchronized (this) {
      instead = ending;
    }
    end(told -> instead.ifPresentOrElse(told::onFailed, () -> told.onFinished(cause)));
  }

  /** Ends it, unless it has; what {@link #close} said goes before this. */
  void fail(RuntimeFailure failure) {
    RuntimeFailure said;
    synchronized (this) {
      said = ending.orElse(failure);
    }
    end(told -> told.onFailed(said));
  }

  private void end(Consumer<GenerationListener> terminal) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      timer.ifPresent(running -> running.cancel(false));
    }
    runtime.population().leave(this, slotBytes);
    runtime.startAnswered(this);
    streamOpened().ifPresent(InferStream::halfClose);
    tellEnd(listener, terminal);
    runtime.population().told();
  }

  /** Reports a terminal event; a listener that throws here has nothing more to lose. */
  static void tellEnd(GenerationListener listener, Consumer<GenerationListener> terminal) {
    try {
      terminal.accept(listener);
    } catch (Throwable thrown) {
      LOG.log(Level.ERROR, "a listener failed at its terminal event", thrown);
    }
  }

  private synchronized Optional<InferStream> streamOpened() {
    return stream;
  }

  private synchronized void say(InferRequest verb) {
    if (ended) {
      return;
    }
    if (stream.isPresent()) {
      stream.get().send(verb);
    } else if (!sent) {
      unsent.add(verb);
    }
  }
}
