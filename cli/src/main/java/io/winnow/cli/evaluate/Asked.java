package io.winnow.cli.evaluate;

import io.winnow.cli.chat.Answer;
import java.util.Optional;

/**
 * A question and what the services made of it.
 *
 * @param question the question
 * @param answer the answer
 */
public record Asked(KnownQuestion question, Answer answer) {

  public boolean isRight() {
    return question.isRight(answer.text());
  }

  /** Milliseconds of a stage, as the service names it; 0 for one that did not happen. */
  public double millis(String stage) {
    return answer.timingsMillis().path(stage).asDouble();
  }

  /** Remaining share of the decoder prefill's MACs. */
  public double flopsRatio() {
    return answer.reduction().path("flops_ratio").asDouble(1);
  }

  /** Method in force. */
  public String method() {
    return answer.reduction().path("method").asText("none");
  }

  /** Where gates let the visual tokens go; empty where no gate was to be asked. */
  public Optional<Exit> exit() {
    return answer.reduction().has("exit")
        ? Optional.of(Exit.of(answer.reduction().path("exit")))
        : Optional.empty();
  }

  public int imageTokens() {
    return answer.usage().path("prompt_tokens_details").path("image_tokens").asInt();
  }

  /** Mean over layers of the visual tokens that entered the layer. */
  public int imageTokensKept() {
    return answer.usage().path("prompt_tokens_details").path("image_tokens_kept").asInt();
  }
}
