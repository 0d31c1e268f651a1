package io.winnow.encoder.pictures;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/** One caller's interest in an encoding, which other callers may share. Thread-safe. */
public final class EncodeTicket {

  private final CompletionStage<EncodeOutcome> outcome;
  private final Runnable onAbandon;
  private final AtomicBoolean abandoned = new AtomicBoolean();

  EncodeTicket(CompletionStage<EncodeOutcome> outcome, Runnable onAbandon) {
    this.outcome = outcome;
    this.onAbandon = onAbandon;
  }

  static EncodeTicket of(EncodeOutcome known) {
    return new EncodeTicket(CompletableFuture.completedFuture(known), () -> {});
  }

  /** The outcome, which comes in any case and never exceptionally, also after an abandon. */
  public CompletionStage<EncodeOutcome> outcome() {
    return outcome;
  }

  /** Ends the interest: an encoding in which nobody is interested any more is given up. */
  public void abandon() {
    if (abandoned.compareAndSet(false, true)) {
      onAbandon.run();
    }
  }
}
