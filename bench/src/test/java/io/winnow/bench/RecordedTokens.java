package io.winnow.bench;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** Keeps the tokens of one generation. */
final class RecordedTokens implements GenerationListener {

  private final List<Integer> tokens = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  /** The greedy answer, at most so many tokens. */
  long[] of(DecoderRuntime decoder, Prompt prompt, int count) throws Exception {
    decoder
        .start(new GenerationRequest(prompt, PrefillPlan.keepAll(), Sampling.greedy(), count), this)
        .decode(count);
    end.get(60, TimeUnit.SECONDS);
    return tokens.stream().mapToLong(Integer::longValue).toArray();
  }

  @Override
  public void onToken(SampledToken token) {
    tokens.add(token.id());
  }

  @Override
  public void onFinished(FinishCause cause) {
    end.complete(null);
  }

  @Override
  public void onFailed(RuntimeFailure failure) {
    end.completeExceptionally(new IllegalStateException(failure.message()));
  }
}
