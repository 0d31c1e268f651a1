package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.modelkit.GraphRunner.Cache;
import io.winnow.modelkit.GraphRunner.Call;
import io.winnow.modelkit.GraphRunner.Values;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * FitPrune's and FastV's rules on many pictures, and FitPrune's statistics, as transformers has
 * them.
 */
class KeptGoldenTest {

  private static final int CAPACITY = 640;
  private static final long FIRST_VISUAL = 2;

  @Test
  void keepsTheReferencesTokensOfFiftyPicturesAndGoesOnLikeIt() throws Exception {
    GraphRunner runner = DemoModel.runner(8);
    double worst = 0;
    JsonNode goldens = DemoModel.golden("kept.json");
    for (JsonNode golden : goldens) {
      try (Cache cache = runner.cache(1, CAPACITY)) {
        Call prefill = DemoModel.prefill(runner, golden);
        prefill.keep =
            Arrays.stream(DemoModel.longs(golden.get("keep")))
                .mapToObj(kept -> new long[] {kept})
                .toArray(long[][]::new);
        prefill.ranking = golden.get("ranking").asText().equals("fastv") ? 1 : 0;
        List<Values> segments = runner.run(prefill, cache);
        for (JsonNode kept : golden.get("kept")) {
          assertThat(visualIndices(segments.get(kept.get("layer").asInt())))
              .as(golden.get("picture").asText() + ", " + golden.get("ranking").asText())
              .containsExactly(DemoModel.longs(kept.get("indices")));
        }
        Values last = segments.get(segments.size() - 1);
        long position = prefill.tokenIds.length;
        for (long token : DemoModel.longs(golden.get("token_ids"))) {
          assertThat(last.longs("candidate_ids")[0]).isEqualTo(token);
          Call step = Call.decode(runner.decoder(), new long[] {position++}, new long[] {token});
          List<Values> stepped = runner.run(step, cache);
          last = stepped.get(stepped.size() - 1);
        }
        float[] expected = DemoModel.floats(golden.get("last_logits"));
        worst = Math.max(worst, Difference.relative(last.floats("logits"), expected));
      }
    }
    System.out.printf("decoder: logits of %d pruned answers %.1e%n", goldens.size(), worst);
    assertThat(goldens).hasSizeGreaterThanOrEqualTo(100);
    assertThat(worst).isLessThan(1e-3);
  }

  @Test
  void reportsTheReferencesAttention() throws Exception {
    GraphRunner runner = DemoModel.runner(8);
    JsonNode goldens = DemoModel.golden("calibration.json");
    double worst = 0;
    for (int sample = 0; sample < goldens.get("statistics").size(); sample++) {
      JsonNode statistics = goldens.get("statistics").get(sample);
      ObjectNode prompt = goldens.get("samples").get(sample).deepCopy();
      prompt.put("picture", "calibration/" + prompt.get("picture").asText());
      for (long ranking = 0; ranking < 3; ranking++) {
        Call call = DemoModel.prefill(runner, prompt);
        call.observe = 1;
        call.ranking = ranking;
        try (Cache cache = runner.cache(1, CAPACITY)) {
          List<Values> layers = runner.run(call, cache);
          for (int layer = 0; layer < layers.size(); layer++) {
            worst = Math.max(worst, distance(layers.get(layer), "self", statistics, layer));
            worst = Math.max(worst, distance(layers.get(layer), "cross", statistics, layer));
          }
        }
      }
    }
    System.out.printf("decoder: attention received %.1e%n", worst);
    assertThat(worst).isLessThan(1e-4);
  }

  private static double distance(Values values, String name, JsonNode statistics, int layer) {
    float[] expected = DemoModel.floats(statistics.get(name).get(layer));
    return Difference.relative(values.floats(name + "_attention"), expected);
  }

  private static long[] visualIndices(Values segment) {
    long[] positions = segment.longs("positions_out");
    long[] spans = segment.longs("spans_out");
    return IntStream.range(0, spans.length)
        .filter(row -> spans[row] >= 0)
        .mapToLong(row -> positions[row] - FIRST_VISUAL)
        .toArray();
  }
}
