package io.winnow.runtime.embedded;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.process.StopRequests;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;

/**
 * Stands for the services: three runtimes that compute all the time, until a signal stops the
 * process in the documented order. One decoder has answers to finish; the other decoder and the
 * encoder are never done.
 */
final class StopUnderLoad {

  static final int ANSWERS = 4;
  static final int ANSWER_TOKENS = 300;

  private StopUnderLoad() {}

  /** The argument is the folder of the model repository. */
  public static void main(String... args) throws InterruptedException, ExecutionException {
    CountDownLatch stop = new CountDownLatch(1);
    StopRequests.install(stop::countDown);
    RepositoryModel model = ModelRepository.open(Path.of(args[0])).model("demo");
    RepositoryModel endless = DemoModel.endless(model);
    EmbeddedSettings settings = EmbeddedSettings.defaults();
    DecoderRuntime draining = EmbeddedRuntimes.decoder(endless, settings);
    DecoderRuntime busy = EmbeddedRuntimes.decoder(endless, settings);
    EncoderRuntime encoder = EmbeddedRuntimes.encoder(model, settings);

    List<Answer> endlessPrompts = List.of(new Answer(busy), new Answer(busy));
    endlessPrompts.forEach(Answer::beginAgainAndAgain);
    CompletableFuture<Void> encoding = CompletableFuture.runAsync(() -> encodeForEver(encoder));
    List<Answer> answers = new ArrayList<>();
    for (int number = 0; number < ANSWERS; number++) {
      Answer answer = new Answer(draining);
      answer.begin(5, ANSWER_TOKENS);
      answers.add(answer);
    }
    for (Answer answer : answers) {
      answer.firstToken.await();
    }
    System.out.println("running");
    stop.await();

    System.out.println("drained " + draining.drain(Duration.ofMinutes(1)));
    draining.close();
    for (Answer answer : answers) {
      System.out.println(answer.end.get());
    }
    System.out.println("drained " + busy.drain(Duration.ZERO));
    busy.close();
    for (Answer answer : endlessPrompts) {
      System.out.println(answer.end.get());
    }
    encoder.close();
    encoding.get();
    System.out.println("stopped");
  }

  private static void encodeForEver(EncoderRuntime encoder) {
    try {
      while (true) {
        encoder.encode(
            DemoModel.floats(
                3 * encoder.manifest().getImageHeight() * encoder.manifest().getImageWidth()));
      }
    } catch (RuntimeStoppedException stopped) {
      System.out.println("encoder stopped");
    }
  }

  private static final class Answer implements GenerationListener {

    final CountDownLatch firstToken = new CountDownLatch(1);
    final CompletableFuture<String> end = new CompletableFuture<>();
    private final DecoderRuntime runtime;
    private boolean again;
    private int tokens;

    Answer(DecoderRuntime runtime) {
      this.runtime = runtime;
    }

    void begin(int prompt, int length) {
      Generation generation =
          runtime.start(
              new GenerationRequest(
                  DemoModel.textPrompt(prompt), PrefillPlan.keepAll(), Sampling.greedy(), length),
              this);
      generation.decode(length);
    }

    /** Long prompts, so that there is always a prefill under way. */
    void beginAgainAndAgain() {
      again = true;
      begin(1000, 1);
    }

    @Override
    public void onToken(SampledToken token) {
      tokens++;
      firstToken.countDown();
    }

    @Override
    public void onFinished(FinishCause cause) {
      if (again) {
        begin(1000, 1);
      } else {
        end.complete(cause + " after " + tokens);
      }
    }

    @Override
    public void onFailed(RuntimeFailure failure) {
      end.complete(failure.kind().name());
    }
  }
}
