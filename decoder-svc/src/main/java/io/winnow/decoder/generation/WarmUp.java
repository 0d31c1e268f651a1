package io.winnow.decoder.generation;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.text.ChatTurn;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Has a model say two tokens, so that no caller waits for what happens only the first time. */
public final class WarmUp implements GenerationListener {

  private static final int TOKENS = 2;

  private final CompletableFuture<Optional<RuntimeFailure>> end = new CompletableFuture<>();

  private WarmUp() {}

  /**
   * Blocks until it is done.
   *
   * @throws IllegalStateException if the model cannot answer within the time
   */
  public static void run(AnsweringModel model, Duration patience) throws InterruptedException {
    WarmUp warmUp = new WarmUp();
    Prompt prompt =
        model
            .text()
            .encode(List.of(ChatTurn.of("user", "Hello")))
            .expand()
            .withVisualTokens(PromptAssembly.directFloats(0));
    GenerationRequest request =
        new GenerationRequest(prompt, PrefillPlan.keepAll(), Sampling.greedy(), TOKENS);
    try (var generation = model.runtime().start(request, warmUp)) {
      generation.decode(TOKENS);
      Optional<RuntimeFailure> failure = warmUp.end.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      if (failure.isPresent()) {
        throw new IllegalStateException(
            "model \"" + model.name() + "\" cannot answer: " + failure.get().message());
      }
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "model \"" + model.name() + "\" said nothing for " + patience.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("never completed exceptionally", e);
    }
  }

  @Override
  public void onToken(SampledToken token) {
    // What it says does not matter.
  }

  @Override
  public void onFinished(FinishCause cause) {
    end.complete(Optional.empty());
  }

  @Override
  public void onFailed(RuntimeFailure failure) {
    end.complete(Optional.of(failure));
  }
}
