package io.winnow.decoder.calibration;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.LayerPass;
import io.winnow.runtime.LayerStepper;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.streams.ConversationEndedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One calibration's prompts and the passes over them. A pass at a time is open. What does not fit
 * is a {@link ChatFailureException}. Not thread-safe; calls block until the decoder has run.
 */
public final class CalibrationRuns implements AutoCloseable {

  private static final int MOST_ANSWER_TOKENS = 64;

  private final DecoderRuntime runtime;
  private final LayerStepper stepper;
  private final CalibrationLimits limits;
  private final List<Prompt> prompts = new ArrayList<>();
  private long bytes;
  private Optional<LayerPass> open = Optional.empty();
  private int openSample;

  /**
   * @throws ChatFailureException if the model's export does not go layer by layer
   */
  public CalibrationRuns(String model, DecoderRuntime runtime, CalibrationLimits limits) {
    this.runtime = runtime;
    this.limits = limits;
    this.stepper =
        runtime
            .stepper()
            .orElseThrow(
                () ->
                    invalid(
                        "model \"%s\" cannot be calibrated: its decoder has %d layers in %d segments;"
                                .formatted(
                                    model,
                                    runtime.manifest().getLayers(),
                                    runtime.manifest().getSegmentsCount())
                            + " serve an export with as many segments as layers"
                            + " (winnow export --segments %d)"
                                .formatted(runtime.manifest().getLayers())));
  }

  /** Keeps a prompt, and gives its number. */
  public int add(Prompt prompt) {
    if (prompts.size() >= limits.maxPrompts()) {
      throw overloaded(
          "%d prompts are prepared, which is the limit (winnow.decoder.calibration.max-prompts)"
              .formatted(prompts.size()));
    }
    long size = (long) prompt.visualTokens().capacity() * Float.BYTES;
    if (bytes + size > limits.maxBytes()) {
      throw overloaded(
          "the visual tokens of %d prompts take %,d bytes, at most %,d are kept: send fewer prompts"
                  .formatted(prompts.size() + 1, bytes + size, limits.maxBytes())
              + " or raise winnow.decoder.calibration.max-bytes");
    }
    bytes += size;
    prompts.add(prompt);
    return prompts.size() - 1;
  }

  /** Begins a pass, and with {@code through} runs it to its end without dropping anything. */
  public void attend(int sample, boolean through, Findings findings)
      throws ConversationEndedException, InterruptedException {
    close();
    LayerPass pass = stepper.begin(prompt(sample));
    open = Optional.of(pass);
    openSample = sample;
    do {
      findings.attention(sample, pass.attend());
    } while (through && pass.nextLayer() < layers());
    closeAtTheEnd(pass);
  }

  /**
   * Takes rows out of the open pass and runs its next layer.
   *
   * @param visual numbers among the visual rows that are left, strictly ascending
   */
  public void drop(int[] visual, Findings findings)
      throws ConversationEndedException, InterruptedException {
    LayerPass pass = open.orElseThrow(() -> invalid("there is no pass under way to drop from"));
    try {
      pass.drop(visual);
    } catch (IllegalArgumentException e) {
      throw invalid("rows cannot be dropped: " + e.getMessage());
    }
    findings.attention(openSample, pass.attend());
    closeAtTheEnd(pass);
  }

  /** The logits of a prompt's own greedy answer, in full and with the pictures withdrawn. */
  public void answer(int sample, int[] withdrawLayers, int answerTokens, Findings findings)
      throws ConversationEndedException, InterruptedException {
    close();
    checkLayers(withdrawLayers);
    if (answerTokens < 1 || answerTokens > MOST_ANSWER_TOKENS) {
      throw invalid(
          "answer_tokens is %d, must be in 1..%d".formatted(answerTokens, MOST_ANSWER_TOKENS));
    }
    Prompt forced = prompt(sample);
    int tokens = 1;
    if (answerTokens > 1) {
      List<Integer> answer = GreedyAnswer.of(runtime, forced, answerTokens, limits.patience());
      tokens = answer.size();
      forced = ForcedPrompt.of(forced, answer.subList(0, tokens - 1));
    }
    List<LayerPass> withdrawn = new ArrayList<>(); // of each layer, held in front of it
    try (LayerPass pass = stepper.begin(forced)) {
      for (int layer : withdrawLayers) {
        while (pass.nextLayer() < layer) {
          pass.pass();
        }
        withdrawn.add(pass.withoutPictures());
      }
      tell(sample, layers(), pass.logits(tokens), findings);
      for (int index = 0; index < withdrawLayers.length; index++) {
        tell(sample, withdrawLayers[index], withdrawn.get(index).logits(tokens), findings);
      }
    } finally {
      withdrawn.forEach(LayerPass::close);
    }
  }

  /** Gives up the pass under way; the prompts stay. */
  @Override
  public void close() {
    open.ifPresent(LayerPass::close);
    open = Optional.empty();
  }

  private static void tell(int sample, int layer, float[][] rows, Findings findings)
      throws ConversationEndedException, InterruptedException {
    for (int token = 0; token < rows.length; token++) {
      findings.logits(sample, layer, token, rows.length, rows[token]);
    }
  }

  private void closeAtTheEnd(LayerPass pass) {
    if (pass.nextLayer() == layers()) {
      close();
    }
  }

  private Prompt prompt(int sample) {
    if (sample < 0 || sample >= prompts.size()) {
      throw invalid("there is no prompt %d, %d are prepared".formatted(sample, prompts.size()));
    }
    return prompts.get(sample);
  }

  private void checkLayers(int[] layers) {
    int before = 0;
    for (int layer : layers) {
      if (layer <= before || layer >= layers()) {
        throw invalid(
            "withdraw_layers %s must ascend within 1..%d"
                .formatted(Arrays.toString(layers), layers() - 1));
      }
      before = layer;
    }
  }

  private int layers() {
    return runtime.manifest().getLayers();
  }

  private static ChatFailureException invalid(String message) {
    return new ChatFailureException(ChatFailure.of(Reason.INVALID_REQUEST, message));
  }

  private static ChatFailureException overloaded(String message) {
    return new ChatFailureException(ChatFailure.of(Reason.OVERLOADED, message));
  }
}
