package io.winnow.bench;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.SampledToken;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for the tokens of one generation. */
final class GenerationClock implements GenerationListener {

  private static final long PATIENCE_MINUTES = 10;

  private final CompletableFuture<PrefillSummary> prefilled = new CompletableFuture<>();
  private int tokens; // guarded by this
  private boolean ended; // guarded by this

  /** The prefill, once it is complete. */
  PrefillSummary awaitPrefill() throws InterruptedException, TimeoutException {
    try {
      return prefilled.get(PATIENCE_MINUTES, TimeUnit.MINUTES);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the generation failed", e);
    }
  }

  /** Waits until there are so many tokens, or the answer has ended before; gives how many. */
  synchronized int awaitTokens(int count) throws InterruptedException, TimeoutException {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(PATIENCE_MINUTES);
    while (tokens < count && !ended) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new TimeoutException(tokens + " of " + count + " tokens came");
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return tokens;
  }

  @Override
  public void onPrefilled(PrefillSummary summary) {
    prefilled.complete(summary);
  }

  @Override
  public synchronized void onToken(SampledToken token) {
    tokens++;
    notifyAll();
  }

  @Override
  public void onFinished(FinishCause cause) {
    end();
  }

  @Override
  public void onFailed(RuntimeFailure failure) {
    prefilled.completeExceptionally(new IllegalStateException(failure.message()));
    end();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }
}
