package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ChatService.PromptCount;
import io.winnow.runtime.Prompt;
import io.winnow.v1.EncodedLayout;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Makes prompts with every visual token in place, by way of the encoder, for calibration. */
public final class UnprunedPrompts {

  private final List<AnsweringModel> models;
  private final FlowPorts ports;
  private final PromptPreparation preparation;

  public UnprunedPrompts(List<AnsweringModel> models, FlowPorts ports, FlowLimits limits) {
    this.models = List.copyOf(models);
    this.ports = ports;
    this.preparation = new PromptPreparation(this.models, limits);
  }

  /**
   * A prompt that is ready to run.
   *
   * @param prompt its rows
   * @param count its tokens by kind
   * @param pictures its pictures
   */
  public record Loaded(Prompt prompt, PromptCount count, int pictures) {}

  /** The model of this name, or the default one; an unknown one is a failure. */
  public AnsweringModel model(Optional<String> name) {
    return preparation.model(name);
  }

  /**
   * Encodes a conversation; blocks for at most the request's timeout.
   *
   * @throws ChatFailureException as an answer would fail
   */
  public Loaded load(ChatRequest request) throws InterruptedException {
    PreparedPrompt prepared = preparation.prepare(request);
    AnsweringModel model = prepared.model();
    int pictures = prepared.pictures().size();
    PromptAssembly assembly =
        new PromptAssembly(
            AnswerPlan.keepAll(pictures, model.tokensPerPicture(), "calibration"),
            model.decoder().getHiddenSize());
    if (pictures > 0) {
      encode(prepared, assembly, request);
    }
    return new Loaded(assembly.prompt(prepared.rows()), prepared.count(), pictures);
  }

  private void encode(PreparedPrompt prepared, PromptAssembly assembly, ChatRequest request)
      throws InterruptedException {
    Mailbox mailbox = new Mailbox(ports.executor());
    Fetching fetching = new Fetching(prepared, assembly);
    PictureEncodings encodings =
        new PictureEncodings(prepared.model(), mailbox, new Timeline(ports.timers()), fetching);
    fetching.encodings = Optional.of(encodings);
    mailbox.execute(() -> encodings.open(ports.encoder(), prepared.pictures(), request.timeout()));
    try {
      Optional<ChatFailure> failure =
          fetching.end.get(request.timeout().toNanos(), TimeUnit.NANOSECONDS);
      if (failure.isPresent()) {
        throw new ChatFailureException(failure.get());
      }
    } catch (TimeoutException e) {
      throw new ChatFailureException(
          ChatFailure.of(Reason.TIMEOUT, "encoding the pictures took too long"));
    } catch (ExecutionException e) {
      throw new IllegalStateException("never completed exceptionally", e);
    } finally {
      mailbox.execute(encodings::cancel);
    }
  }

  /** Fetches everything as soon as it can be. */
  private static final class Fetching implements PictureEncodings.Events {

    private final CompletableFuture<Optional<ChatFailure>> end = new CompletableFuture<>();
    private final PreparedPrompt prepared;
    private final PromptAssembly assembly;
    private Optional<PictureEncodings> encodings = Optional.empty();

    Fetching(PreparedPrompt prepared, PromptAssembly assembly) {
      this.prepared = prepared;
      this.assembly = assembly;
    }

    @Override
    public void encoded(List<EncodedLayout> layouts) {
      AnswerPlan all =
          AnswerPlan.keepAll(
              prepared.pictures().size(), prepared.model().tokensPerPicture(), "calibration");
      encodings.orElseThrow().fetch(all.selections(), assembly.targets());
    }

    @Override
    public void fetched() {
      end.complete(Optional.empty());
    }

    @Override
    public void encodingFailed(ChatFailure failure) {
      end.complete(Optional.of(failure));
    }
  }
}
