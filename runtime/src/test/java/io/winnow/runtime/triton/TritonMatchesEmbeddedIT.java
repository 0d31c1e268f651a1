package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The same model, request and seed give the same tokens, and the same probabilities to the bit. */
@OnTriton
class TritonMatchesEmbeddedIT {

  private static final int MAX_TOKENS = 40;
  private static final List<Sampling> SAMPLINGS =
      List.of(
          Sampling.greedy(),
          new Sampling(1.5, 0.95, 0, -42, 5),
          new Sampling(0.1 + 0.2, 1, 0, Long.MIN_VALUE, 0),
          new Sampling(4, 1, 40, 7, 20));

  @Test
  void drawsTheSameTokensWithTheSameProbabilities() {
    List<JsonNode> questions =
        StreamSupport.stream(DemoModel.goldens("answers.json").spliterator(), false)
            .limit(5)
            .toList();
    try (DecoderRuntime embedded =
            EmbeddedRuntimes.decoder(DemoModel.model(), EmbeddedSettings.defaults());
        DecoderRuntime triton = TritonContracts.open(DemoModel.model(), new Bounds(8, 64))) {
      for (JsonNode question : questions) {
        for (Sampling sampling : SAMPLINGS) {
          GenerationRequest request =
              new GenerationRequest(
                  DemoModel.prompt(question), PrefillPlan.keepAll(), sampling, MAX_TOKENS);

          assertThat(answer(triton, request))
              .as("%s with %s", question.get("question"), sampling)
              .isEqualTo(answer(embedded, request));
        }
      }
    }
  }

  private static List<SampledToken> answer(DecoderRuntime runtime, GenerationRequest request) {
    RecordingListener listener = new RecordingListener();
    Generation generation = runtime.start(request, listener);
    generation.decode(MAX_TOKENS);
    return listener.awaitAnswer();
  }
}
