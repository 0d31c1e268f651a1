package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.modelkit.GraphRunner.Values;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class VisionGraphTest {

  @Test
  void agreesWithTheReference() throws Exception {
    double worstFeatures = 0;
    double worstSaliency = 0;
    for (JsonNode golden : DemoModel.golden("vision.json")) {
      Values values = DemoModel.encode(golden.get("picture").asText());
      assertThat(values.shape("visual_tokens")).containsExactly(1, DemoModel.VISUAL_TOKENS, 128);
      worstSaliency =
          Math.max(
              worstSaliency,
              Difference.relative(
                  values.floats("saliency"), DemoModel.floats(golden.get("saliency"))));
      long[] rows = DemoModel.longs(golden.get("rows"));
      for (int i = 0; i < rows.length; i++) {
        int start = (int) rows[i] * 128;
        float[] features = Arrays.copyOfRange(values.floats("visual_tokens"), start, start + 128);
        float[] expected = DemoModel.floats(golden.get("features").get(i));
        worstFeatures = Math.max(worstFeatures, Difference.relative(features, expected));
      }
    }
    System.out.printf("vision: features %.1e, saliency %.1e%n", worstFeatures, worstSaliency);
    assertThat(worstFeatures).isLessThan(1e-3);
    assertThat(worstSaliency).isLessThan(1e-3);
  }
}
