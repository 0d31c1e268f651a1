package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.LayerAttention;
import io.winnow.runtime.LayerPass;
import io.winnow.runtime.LayerStepper;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.contract.DemoModel;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class LayerWalkTest {

  private static final int LAYERS = 8;
  private static final DecoderRuntime RUNTIME =
      EmbeddedRuntimes.decoder(DemoModel.layerwise(), EmbeddedSettings.defaults());
  private static final LayerStepper STEPPER = RUNTIME.stepper().orElseThrow();

  @AfterAll
  static void close() {
    RUNTIME.close();
  }

  @Test
  void tellsTheReferencesAttentionOfEveryLayer() {
    JsonNode goldens = DemoModel.goldens("calibration.json");
    double worst = 0;
    for (int sample = 0; sample < goldens.get("statistics").size(); sample++) {
      ObjectNode prompt = goldens.get("samples").get(sample).deepCopy();
      prompt.put("picture", "calibration/" + prompt.get("picture").asText());
      JsonNode expected = goldens.get("statistics").get(sample);
      try (LayerPass pass = STEPPER.begin(DemoModel.prompt(prompt))) {
        for (int layer = 0; layer < LAYERS; layer++) {
          LayerAttention seen = pass.attend();
          assertThat(seen.layer()).isEqualTo(layer);
          worst = Math.max(worst, distance(seen.self(), expected.get("self").get(layer)));
          worst = Math.max(worst, distance(seen.cross(), expected.get("cross").get(layer)));
        }
        assertThat(pass.nextLayer()).isEqualTo(LAYERS);
      }
    }
    assertThat(worst).isLessThan(1e-4);
  }

  @Test
  void droppingAfterALayerIsTheRemovalInsideIt() {
    for (JsonNode golden : cases("fitprune")) {
      try (LayerPass pass = STEPPER.begin(DemoModel.prompt(golden))) {
        List<Long> alive = LongStream.range(0, DemoModel.VISUAL_TOKENS).boxed().toList();
        for (JsonNode kept : golden.get("kept")) {
          while (pass.nextLayer() <= kept.get("layer").asInt() && pass.nextLayer() < LAYERS - 1) {
            pass.pass();
          }
          List<Long> before = alive;
          Set<Long> stay =
              new HashSet<>(LongStream.of(DemoModel.longs(kept.get("indices"))).boxed().toList());
          // The last layer drops inside: after it there is nothing to drop.
          if (kept.get("layer").asInt() < LAYERS - 1) {
            pass.drop(
                IntStream.range(0, before.size())
                    .filter(index -> !stay.contains(before.get(index)))
                    .toArray());
            alive = before.stream().filter(stay::contains).toList();
            assertThat(pass.visualRows()).isEqualTo(stay.size());
          }
        }
        float[] logits = pass.logits(1)[0];
        assertThat(distance(logits, golden.get("logits").get(0)))
            .as(golden.get("name").asText())
            .isLessThan(1e-3);
      }
    }
  }

  @Test
  void goesOnWithoutPicturesAndLeavesThePassAsItIs() {
    for (JsonNode golden : cases("vtw-4")) {
      JsonNode unpruned = cases("keep-all").get(cases("vtw-4").indexOf(golden));
      try (LayerPass pass = STEPPER.begin(DemoModel.prompt(golden))) {
        for (int layer = 0; layer < 4; layer++) {
          pass.pass();
        }
        try (LayerPass text = pass.withoutPictures()) {
          assertThat(text.nextLayer()).isEqualTo(4);
          assertThat(text.visualRows()).isZero();
          assertThat(text.rows()).isEqualTo(pass.rows() - DemoModel.VISUAL_TOKENS);
          float[][] logits = text.logits(2);
          assertThat(distance(logits[1], golden.get("logits").get(0))).isLessThan(1e-3);
        }
        float[][] logits = pass.logits(1);
        assertThat(distance(logits[0], unpruned.get("logits").get(0))).isLessThan(1e-3);
      }
    }
  }

  @Test
  void hasNothingToTellOfAPromptWithoutPicture() {
    try (LayerPass pass = STEPPER.begin(DemoModel.textPrompt(9))) {
      for (int layer = 0; layer < LAYERS; layer++) {
        LayerAttention seen = pass.attend();
        assertThat(seen.self()).isEmpty();
        assertThat(seen.cross()).isEmpty();
      }
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    try (LayerPass pass = STEPPER.begin(DemoModel.prompt(cases("keep-all").get(0)))) {
      assertThatThrownBy(() -> pass.drop(new int[] {0})).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(pass::withoutPictures).isInstanceOf(IllegalStateException.class);
      pass.pass();
      for (int[] wrong : new int[][] {{576}, {-1}, {3, 3}, {5, 4}}) {
        assertThatThrownBy(() -> pass.drop(wrong))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("576 visual rows");
      }
      assertThat(pass.visualRows()).isEqualTo(576);
      assertThatThrownBy(() -> pass.logits(0)).isInstanceOf(IllegalArgumentException.class);
      pass.logits(1);
      assertThatThrownBy(pass::attend).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> pass.logits(1)).isInstanceOf(IllegalStateException.class);
    }
    assertThatThrownBy(() -> STEPPER.begin(DemoModel.textPrompt(1025)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1025");
  }

  @Test
  void endsWithItsRuntime() {
    DecoderRuntime runtime =
        EmbeddedRuntimes.decoder(DemoModel.layerwise(), EmbeddedSettings.defaults());
    LayerStepper stepper = runtime.stepper().orElseThrow();
    try (LayerPass pass = stepper.begin(DemoModel.textPrompt(9))) {
      pass.pass();
      runtime.close();
      assertThatThrownBy(pass::pass).isInstanceOf(RuntimeStoppedException.class);
    }
    assertThatThrownBy(() -> stepper.begin(DemoModel.textPrompt(9)))
        .isInstanceOf(RuntimeStoppedException.class);
  }

  @Test
  void isThereOnlyWhereEveryLayerIsASegment() {
    try (DecoderRuntime runtime =
        EmbeddedRuntimes.decoder(DemoModel.model(), EmbeddedSettings.defaults())) {
      assertThat(runtime.stepper()).isEmpty();
    }
  }

  private static List<JsonNode> cases(String name) {
    return StreamSupport.stream(DemoModel.goldens("pruned.json").spliterator(), false)
        .filter(golden -> golden.get("case").asText().equals(name))
        .toList();
  }

  /** Largest difference, relative to the largest expected number. */
  private static double distance(float[] actual, JsonNode expected) {
    assertThat(actual).hasSize(expected.size());
    double largest = 0;
    double most = 0;
    for (int index = 0; index < actual.length; index++) {
      double value = expected.get(index).asDouble();
      largest = Math.max(largest, Math.abs(value));
      most = Math.max(most, Math.abs(actual[index] - value));
    }
    return most / largest;
  }
}
