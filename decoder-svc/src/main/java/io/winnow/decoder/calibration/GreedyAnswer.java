package io.winnow.decoder.calibration;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The unpruned model's own answer: what later runs are forced to say. */
final class GreedyAnswer implements GenerationListener {

  private final List<Integer> tokens = new ArrayList<>();
  private final CompletableFuture<Optional<RuntimeFailure>> end = new CompletableFuture<>();

  private GreedyAnswer() {}

  /** The first tokens, at least one and the end of the sequence included; blocks. */
  static List<Integer> of(DecoderRuntime runtime, Prompt prompt, int most, Duration patience)
      throws InterruptedException {
    GreedyAnswer listener = new GreedyAnswer();
    GenerationRequest request =
        new GenerationRequest(prompt, PrefillPlan.keepAll(), Sampling.greedy(), most);
    try (Generation generation = runtime.start(request, listener)) {
      generation.decode(most);
      Optional<RuntimeFailure> failure = listener.end.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      if (failure.isPresent()) {
        throw failure(Reason.UNAVAILABLE, failure.get().message());
      }
      return List.copyOf(listener.tokens);
    } catch (TimeoutException e) {
      throw failure(Reason.TIMEOUT, "the decoder gave no answer in " + patience.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw new IllegalStateException("never completed exceptionally", e);
    }
  }

  @Override
  public void onToken(SampledToken token) {
    tokens.add(token.id());
  }

  @Override
  public void onFinished(FinishCause cause) {
    end.complete(Optional.empty());
  }

  @Override
  public void onFailed(RuntimeFailure failure) {
    end.complete(Optional.of(failure));
  }

  private static ChatFailureException failure(Reason reason, String message) {
    return new ChatFailureException(ChatFailure.of(reason, message));
  }
}
