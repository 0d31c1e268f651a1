package io.winnow.cli.evaluate;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.chat.Answer;
import java.nio.file.Path;

/** Questions and answers for tests. */
final class Samples {

  private Samples() {}

  static KnownQuestion question(String type, String text, String truth) {
    return new KnownQuestion(Path.of("folder", "p.png"), type, text, truth);
  }

  /** An answer by fitprune that kept half of 576 tokens and left 0.6 of the operations. */
  static Answer answer(String text, double prefillMillis) {
    ObjectNode usage = JsonNodeFactory.instance.objectNode();
    usage.putObject("prompt_tokens_details").put("image_tokens", 576).put("image_tokens_kept", 288);
    ObjectNode times = JsonNodeFactory.instance.objectNode().put("prefill", prefillMillis);
    ObjectNode reduction =
        JsonNodeFactory.instance.objectNode().put("method", "fitprune").put("flops_ratio", 0.6);
    return new Answer(text, "demo", usage, times, reduction);
  }

  static Asked asked(String type, String text, String truth, String answer) {
    return new Asked(question(type, text, truth), answer(answer, 10));
  }
}
