package io.winnow.bench;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.SampledToken;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

/** Counts a generation's tokens and completes at its first and at its end. */
final class TokenCounter implements GenerationListener {

  private final CompletableFuture<Integer> firstToken = new CompletableFuture<>();
  private final CompletableFuture<Integer> end = new CompletableFuture<>();
  private int tokens; // only the runtime's thread writes it

  Future<Integer> firstToken() {
    return firstToken;
  }

  /** Number of tokens, once the generation has ended. */
  Future<Integer> end() {
    return end;
  }

  @Override
  public void onToken(SampledToken token) {
    tokens++;
    firstToken.complete(token.id());
  }

  @Override
  public void onFinished(FinishCause cause) {
    end.complete(tokens);
  }

  @Override
  public void onFailed(RuntimeFailure failure) {
    IllegalStateException reason = new IllegalStateException(failure.message());
    firstToken.completeExceptionally(reason);
    end.completeExceptionally(reason);
  }
}
