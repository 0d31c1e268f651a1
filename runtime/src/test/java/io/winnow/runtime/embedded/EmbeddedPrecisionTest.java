package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.ModelRepositoryException;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bundled model at the other precisions, against what it answers in fp32. */
class EmbeddedPrecisionTest {

  private static final int MAX_TOKENS = 64;

  @ParameterizedTest
  @CsvSource({"fp16, 0.9", "int8, 0.85", "int4, 0.5"})
  void answersMostQuestionsAsInSinglePrecision(String weights, double share) {
    int same = 0;
    int questions = 0;
    List<List<Integer>> answers = answers(DemoModel.at(weights));
    List<JsonNode> goldens = questions();
    for (int index = 0; index < goldens.size(); index++) {
      List<Integer> expected = new ArrayList<>();
      for (long id : DemoModel.longs(goldens.get(index).get("answer_ids"))) {
        expected.add((int) id);
      }
      List<Integer> answer = answers.get(index);
      same += answer.subList(0, Math.min(answer.size(), expected.size())).equals(expected) ? 1 : 0;
      questions++;
    }
    System.out.printf("precision: %s answers %d of %d as fp32%n", weights, same, questions);
    assertThat((double) same / questions).isGreaterThanOrEqualTo(share);
  }

  @Test
  void refusesWhatOnlyCudaComputesWithAndSaysWhatToDo() {
    RepositoryModel model = DemoModel.model();
    RepositoryModel brainFloats =
        new RepositoryModel(
            model.root(),
            model.manifest().toBuilder()
                .setDecoder(model.manifest().getDecoder().toBuilder().setWeights("bf16"))
                .build());
    assertThatThrownBy(() -> EmbeddedRuntimes.decoder(brainFloats, EmbeddedSettings.defaults()))
        .isInstanceOf(ModelRepositoryException.class)
        .hasMessageContaining("on CUDA only: export it with --weights int8");
  }

  private static List<List<Integer>> answers(RepositoryModel model) {
    List<RecordingListener> listeners = new ArrayList<>();
    try (DecoderRuntime runtime = EmbeddedContracts.open(model, new Bounds(8, 64))) {
      for (JsonNode question : questions()) {
        RecordingListener listener = new RecordingListener();
        runtime
            .start(
                new GenerationRequest(
                    DemoModel.prompt(question),
                    PrefillPlan.keepAll(),
                    Sampling.greedy(),
                    MAX_TOKENS),
                listener)
            .decode(MAX_TOKENS);
        listeners.add(listener);
      }
      return listeners.stream()
          .map(listener -> listener.awaitAnswer().stream().map(SampledToken::id).toList())
          .toList();
    }
  }

  private static List<JsonNode> questions() {
    List<JsonNode> questions = new ArrayList<>();
    DemoModel.goldens("answers.json").forEach(questions::add);
    return questions;
  }
}
