package io.winnow.runtime.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.SegmentEnd;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Records the events of one generation and lets the test wait for them; a test that waits in vain
 * fails. Breaches of the listener's contract (an event after the terminal one, two at a time) are
 * recorded as {@link Breach}, which no test expects.
 */
public final class RecordingListener implements GenerationListener {

  private static final int TIMEOUT_SECONDS = 60;

  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final List<Event> seen = new ArrayList<>();
  private final List<RuntimeFailure> losses = new CopyOnWriteArrayList<>();
  private final Map<Class<? extends Event>, Runnable> reactions = new ConcurrentHashMap<>();
  private final AtomicInteger callsUnderWay = new AtomicInteger();
  private volatile Consumer<Event> second = event -> {};
  private volatile boolean terminal;

  /** What a generation can report. */
  public sealed interface Event {}

  public record PrefillStarted() implements Event {}

  public record SegmentEnded(SegmentEnd end) implements Event {}

  public record Prefilled(PrefillSummary summary) implements Event {}

  public record Token(SampledToken token) implements Event {}

  public record Finished(FinishCause cause) implements Event {}

  public record Failed(RuntimeFailure failure) implements Event {}

  /** The runtime broke the listener's contract. */
  public record Breach(String what) implements Event {}

  /** Runs something inside the callback of an event, on the runtime's thread. */
  public RecordingListener on(Class<? extends Event> event, Runnable reaction) {
    reactions.put(event, reaction);
    return this;
  }

  /** Gives every event to a second recipient as well, on the runtime's thread. */
  public RecordingListener alsoTo(Consumer<Event> recipient) {
    second = recipient;
    return this;
  }

  @Override
  public void onPrefillStarted() {
    record(new PrefillStarted());
  }

  @Override
  public void onSegmentEnd(SegmentEnd end) {
    record(new SegmentEnded(end));
  }

  @Override
  public void onPrefilled(PrefillSummary summary) {
    record(new Prefilled(summary));
  }

  @Override
  public void onFailedOver(int attempt, int replayedTokens, RuntimeFailure lost) {
    losses.add(lost);
  }

  @Override
  public void onToken(SampledToken token) {
    record(new Token(token));
  }

  @Override
  public void onFinished(FinishCause cause) {
    record(new Finished(cause));
  }

  @Override
  public void onFailed(RuntimeFailure failure) {
    record(new Failed(failure));
  }

  /** Waits for the next event of a type, past others; a terminal event on the way fails. */
  public <E extends Event> E await(Class<E> type) {
    while (true) {
      Event event = take();
      if (type.isInstance(event)) {
        return type.cast(event);
      }
      assertThat(isTerminal(event)).as("waiting for %s, got %s", type, event).isFalse();
    }
  }

  /** Waits for the terminal event. */
  public Event awaitEnd() {
    Event event = take();
    while (!isTerminal(event)) {
      event = take();
    }
    return event;
  }

  /** Waits for the end, which must be a failure of this kind. */
  public RuntimeFailure awaitFailure(RuntimeFailure.Kind kind) {
    Event end = awaitEnd();
    assertThat(end).isInstanceOf(Failed.class);
    RuntimeFailure failure = ((Failed) end).failure();
    assertThat(failure.kind()).as(failure.message()).isEqualTo(kind);
    return failure;
  }

  /** Waits for the end, which must be a regular one, and gives the answer's tokens. */
  public List<SampledToken> awaitAnswer() {
    assertThat(awaitEnd()).isInstanceOf(Finished.class);
    return tokens();
  }

  /** Tokens among the events that the test has waited past. */
  public List<SampledToken> tokens() {
    return seen.stream()
        .filter(Token.class::isInstance)
        .map(event -> ((Token) event).token())
        .toList();
  }

  /** Events that the test has waited past. */
  public List<Event> seen() {
    return List.copyOf(seen);
  }

  /** Fail-overs until now, which are no events: whoever does not ask does not notice. */
  public List<RuntimeFailure> losses() {
    return List.copyOf(losses);
  }

  /** Events that are there already and that the test has not waited for. */
  public List<Event> pending() {
    return List.copyOf(events);
  }

  private Event take() {
    try {
      Event event = events.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      assertThat(event).as("no event in %s s after %s", TIMEOUT_SECONDS, seen).isNotNull();
      seen.add(event);
      return event;
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while waiting for an event", e);
    }
  }

  private void record(Event event) {
    if (callsUnderWay.incrementAndGet() > 1) {
      events.add(new Breach("two calls at a time: " + event));
    }
    if (terminal) {
      events.add(new Breach("after the terminal event: " + event));
    }
    terminal |= isTerminal(event);
    second.accept(event); // first: the test goes on once the event is in the queue
    events.add(event);
    try {
      reactions.getOrDefault(event.getClass(), () -> {}).run();
    } finally {
      callsUnderWay.decrementAndGet();
    }
  }

  private static boolean isTerminal(Event event) {
    return event instanceof Finished || event instanceof Failed || event instanceof Breach;
  }
}
