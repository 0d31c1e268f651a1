package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.Observation;
import io.winnow.v1.Outcome;
import io.winnow.v1.Plan;
import io.winnow.v1.Verdict;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The exchange with the pruner for one answer. It fails open: whatever happens to the pruner, there
 * is a plan or a reason why there is none. Only a refusal of what the caller asked for ends the
 * answer. Lives in a mailbox.
 */
final class PlanExchange implements PrunerClient.Listener {

  private final Executor mailbox;
  private final Timers timers;
  private final Duration patience;
  private final Events events;
  private PrunerClient.@Nullable Decision decision;
  private @Nullable String lost; // why the pruner is out of it
  private Timers.@Nullable Timer deadline;
  private boolean begun;
  private boolean planned;

  /** What the pruner decides; called in the mailbox. */
  interface Events {

    /** There is a plan. */
    void planned(Plan plan);

    /** There is none, for this reason. */
    void unplanned(String reason);

    /** The caller asked for what cannot be had. */
    void refused(ChatFailure failure);

    /** An observation is answered. */
    void decided(Verdict verdict);

    /** No observation will be answered, for this reason. */
    void undecided(String reason);
  }

  PlanExchange(Executor mailbox, Timers timers, Duration patience, Events events) {
    this.mailbox = mailbox;
    this.timers = timers;
    this.patience = patience;
    this.events = events;
  }

  void open(PrunerClient pruner, PeerCall call) {
    decision = pruner.open(call, this);
  }

  void begin(DecideBegin begin) {
    begun = true;
    if (lost != null) {
      events.unplanned(lost);
    } else if (decision != null) {
      deadline = timers.after(patience, () -> mailbox.execute(this::planIsLate));
      decision.begin(begin);
    }
  }

  /** Reports a segment end, whose verdict comes as an event; tells why none will if so. */
  Optional<String> observe(Observation observation) {
    if (lost == null && decision != null) {
      decision.observe(observation);
    }
    return Optional.ofNullable(lost);
  }

  /** Ends the exchange with the outcome, or without if there was no plan. */
  void finish(Outcome outcome) {
    if (planned && lost == null && decision != null) {
      cancelDeadline();
      decision.finish(outcome);
      lost = "the exchange has ended";
    } else {
      cancel();
    }
  }

  /** Gives the exchange up. */
  void cancel() {
    cancelDeadline();
    if (lost == null) {
      lost = "the exchange was given up";
      if (decision != null) {
        decision.cancel();
      }
    }
  }

  @Override
  public void onPlan(Plan plan) {
    mailbox.execute(
        () -> {
          if (lost == null && begun && !planned) {
            planned = true;
            cancelDeadline();
            events.planned(plan);
          }
        });
  }

  @Override
  public void onVerdict(Verdict verdict) {
    mailbox.execute(
        () -> {
          if (lost == null && planned) {
            events.decided(verdict);
          }
        });
  }

  @Override
  public void onFailed(ChatFailure failure) {
    mailbox.execute(() -> lose(failure));
  }

  private void lose(ChatFailure failure) {
    if (lost != null) {
      return;
    }
    cancelDeadline();
    if (planned) {
      lost = "pruner-svc failed (" + failure.message() + ")";
      events.undecided(lost);
      return;
    }
    lost = "pruner-svc failed (" + failure.message() + "), so every visual token was kept";
    switch (failure.reason()) {
      case INVALID_REQUEST, MODEL_NOT_FOUND -> events.refused(refusal(failure));
      case CONTEXT_LENGTH_EXCEEDED,
          PICTURE_UNREADABLE,
          PICTURE_TOO_LARGE,
          PICTURE_URL_REFUSED,
          UNAUTHENTICATED,
          RATE_LIMITED,
          OVERLOADED,
          TIMEOUT,
          CANCELLED,
          UNAVAILABLE,
          INTERNAL -> {
        if (begun) {
          events.unplanned(lost);
        }
      }
    }
  }

  /** A model without recipes is a bad choice of method, not a model that does not exist. */
  private static ChatFailure refusal(ChatFailure failure) {
    return ChatFailure.of(
        ChatFailure.Reason.INVALID_REQUEST,
        failure.message(),
        failure.param().orElse("visual_token_reduction"));
  }

  private void planIsLate() {
    if (lost == null && !planned) {
      cancel();
      lost =
          "pruner-svc gave no plan within %d ms, so every visual token was kept"
              .formatted(patience.toMillis());
      events.unplanned(lost);
    }
  }

  private void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel();
      deadline = null;
    }
  }
}
