package io.winnow.decoder.access;

import io.winnow.decoder.access.FairQueue.Offer;
import io.winnow.decoder.chat.ChatFailure;
import java.time.Duration;
import java.util.Optional;

/**
 * The door to the chat service: a {@link FairQueue} with a bound on the wait. Thread-safe; calls
 * waiters outside of its lock, on the thread that made room or on the timer's.
 */
public final class Admission {

  private final FairQueue<Ticket> queue;
  private final Duration maxWait;
  private final Timers timers;

  public Admission(AccessConfig config, Timers timers) {
    int total = config.maxConcurrent();
    // Callers without keys are one key; a limit per key would be a lower total limit.
    int perKey =
        config.keyFile().isPresent() ? Math.min(total, config.maxConcurrentPerKey()) : total;
    this.queue = new FairQueue<>(new FairQueue.Limits(total, perKey, config.maxWaitingPerKey()));
    this.maxWait = config.maxWait();
    this.timers = timers;
  }

  /** Told once whether a call may run. */
  public interface Waiter {

    /** It may run, until {@link Ticket#leave}. */
    void admitted();

    /** It may not: the line is full or the wait took too long. */
    void refused(ChatFailure failure);
  }

  /** Asks for a place; the waiter hears the outcome, perhaps before this returns. */
  public Ticket enter(String key, Waiter waiter) {
    Ticket ticket = new Ticket(key, waiter);
    Offer offer;
    synchronized (queue) {
      offer = queue.offer(key, ticket);
      ticket.stage =
          switch (offer) {
            case RUNS -> Stage.RUNNING;
            case WAITS -> Stage.WAITING;
            case REFUSED -> Stage.LEFT;
          };
      if (offer == Offer.WAITS) {
        ticket.cancelTimer = timers.after(maxWait, ticket::expire);
      }
    }
    switch (offer) {
      case RUNS -> waiter.admitted();
      case REFUSED ->
          waiter.refused(tooMany("Too many requests of this API key are waiting already."));
      case WAITS -> {}
    }
    return ticket;
  }

  /** Calls running and waiting now. */
  public Load load() {
    synchronized (queue) {
      return new Load(queue.running(), queue.waiting());
    }
  }

  /**
   * A snapshot.
   *
   * @param running calls that hold a place
   * @param waiting calls in line
   */
  public record Load(int running, int waiting) {}

  private static ChatFailure tooMany(String message) {
    return ChatFailure.of(ChatFailure.Reason.RATE_LIMITED, message + " Try again later.");
  }

  private enum Stage {
    WAITING,
    RUNNING,
    LEFT
  }

  /** A call's place, in line or running. */
  public final class Ticket {

    private final String key;
    private final Waiter waiter;
    private Stage stage = Stage.LEFT;
    private Runnable cancelTimer = () -> {};

    private Ticket(String key, Waiter waiter) {
      this.key = key;
      this.waiter = waiter;
    }

    /** Gives the place up, whether in line or running; without effect after the first time. */
    public void leave() {
      Optional<Ticket> next = Optional.empty();
      synchronized (queue) {
        if (stage == Stage.WAITING) {
          queue.cancel(key, this);
        } else if (stage == Stage.RUNNING) {
          next = queue.release(key);
          next.ifPresent(ticket -> ticket.stage = Stage.RUNNING);
        }
        stage = Stage.LEFT;
        cancelTimer.run();
      }
      next.ifPresent(Ticket::admit);
    }

    private void admit() {
      cancelTimer.run();
      waiter.admitted();
    }

    private void expire() {
      synchronized (queue) {
        if (stage != Stage.WAITING) {
          return;
        }
        queue.cancel(key, this);
        stage = Stage.LEFT;
      }
      waiter.refused(tooMany("No place became free within %d s.".formatted(maxWait.toSeconds())));
    }
  }
}
