package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.modelkit.GraphRunner.Cache;
import io.winnow.modelkit.GraphRunner.Call;
import io.winnow.modelkit.GraphRunner.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DecoderGoldenTest {

  private static final int CAPACITY = 640;

  @Test
  void prefillAndGreedyStepsAgreeWithTheReference() throws Exception {
    GraphRunner runner = DemoModel.runner(4);
    double worst = 0;
    for (JsonNode golden : DemoModel.golden("logits.json")) {
      try (Cache cache = runner.cache(1, CAPACITY)) {
        Call prefill = DemoModel.prefill(runner, golden);
        Values last = last(runner.run(prefill, cache));
        long[] tokens = DemoModel.longs(golden.get("token_ids"));
        for (int step = 0; step <= tokens.length; step++) {
          float[] expected = DemoModel.floats(golden.get("logits").get(step));
          worst = Math.max(worst, Difference.relative(last.floats("logits"), expected));
          if (step < tokens.length) {
            assertThat(last.longs("candidate_ids")[0]).isEqualTo(tokens[step]);
            last = step(runner, cache, prefill.tokenIds.length + step, tokens[step]);
          }
        }
      }
    }
    System.out.printf("decoder: logits %.1e%n", worst);
    assertThat(worst).isLessThan(1e-3);
  }

  @Test
  void removesTheSameTokensAsTheReference() throws Exception {
    GraphRunner runner = DemoModel.runner(8);
    double worst = 0;
    for (JsonNode golden : DemoModel.golden("pruned.json")) {
      try (Cache cache = runner.cache(1, CAPACITY)) {
        Call prefill = prunedPrefill(runner, golden);
        List<Values> segments = runner.run(prefill, cache);
        checkKept(golden, segments);
        checkImportance(golden, segments);
        Values last = last(segments);
        List<Long> rows = boxed(golden.get("logit_rows"));
        long[] tokens = DemoModel.longs(golden.get("token_ids"));
        for (int step = 0; step <= tokens.length; step++) {
          if (rows.contains((long) step)) {
            JsonNode expected = golden.get("logits").get(rows.indexOf((long) step));
            worst =
                Math.max(
                    worst, Difference.relative(last.floats("logits"), DemoModel.floats(expected)));
          }
          if (step < tokens.length) {
            last = step(runner, cache, prefill.tokenIds.length + step, tokens[step]);
          }
        }
      }
    }
    System.out.printf("decoder: logits after removal %.1e%n", worst);
    assertThat(worst).isLessThan(1e-3);
  }

  @Test
  void reportsTheReferencesTextStatus() throws Exception {
    GraphRunner runner = DemoModel.runner(8);
    double worst = 0;
    for (JsonNode golden : DemoModel.golden("pruned.json")) {
      if (!golden.has("text_status")) {
        continue;
      }
      try (Cache cache = runner.cache(1, CAPACITY)) {
        List<Values> segments = runner.run(prunedPrefill(runner, golden), cache);
        long[] layers = DemoModel.longs(golden.get("text_status_layers"));
        for (int i = 0; i < layers.length; i++) {
          float[] status = segments.get((int) layers[i]).floats("text_status");
          JsonNode expected = golden.get("text_status").get(i);
          for (int row = 0; row < 2; row++) {
            float[] actual = Arrays.copyOfRange(status, row * 128, (row + 1) * 128);
            worst =
                Math.max(worst, Difference.relative(actual, DemoModel.floats(expected.get(row))));
          }
        }
      }
    }
    System.out.printf("decoder: text status %.1e%n", worst);
    assertThat(worst).isLessThan(1e-4);
  }

  private static Call prunedPrefill(GraphRunner runner, JsonNode golden) {
    Call call = DemoModel.prefill(runner, golden);
    call.keep =
        Arrays.stream(DemoModel.longs(golden.get("keep")))
            .mapToObj(kept -> new long[] {kept})
            .toArray(long[][]::new);
    call.ranking = List.of("fitprune", "fastv", "given").indexOf(golden.get("ranking").asText());
    call.observe = 1;
    call.textStart = firstVisual(call) + DemoModel.VISUAL_TOKENS;
    if (!golden.get("scores").isNull()) {
      float[] scores = DemoModel.floats(golden.get("scores"));
      System.arraycopy(scores, 0, call.scores, firstVisual(call), scores.length);
    }
    return call;
  }

  private static int firstVisual(Call call) {
    int row = 0;
    while (call.spans[row] < 0) {
      row++;
    }
    return row;
  }

  private static void checkKept(JsonNode golden, List<Values> segments) {
    long first = 2;
    for (JsonNode kept : golden.get("kept")) {
      Values segment = segments.get(kept.get("layer").asInt());
      long[] positions = segment.longs("positions_out");
      long[] spans = segment.longs("spans_out");
      List<Long> visual = new ArrayList<>();
      for (int i = 0; i < spans.length; i++) {
        if (spans[i] >= 0) {
          visual.add(positions[i] - first);
        }
      }
      assertThat(visual).as(golden.get("name").asText()).isEqualTo(boxed(kept.get("indices")));
    }
  }

  private static void checkImportance(JsonNode golden, List<Values> segments) {
    if (golden.get("importance_last_layer").isNull()) {
      return;
    }
    int layer = golden.get("importance_last_layer").asInt();
    List<Long> entered = boxed(0, DemoModel.VISUAL_TOKENS);
    List<Long> left = entered;
    for (JsonNode kept : golden.get("kept")) {
      entered = left;
      left = boxed(kept.get("indices"));
    }
    float[] all = DemoModel.floats(golden.get("importance_last"));
    float[] expected = new float[left.size()];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = all[entered.indexOf(left.get(i))];
    }
    float[] actual = segments.get(layer).floats("importance");
    assertThat(Difference.relative(actual, expected)).isLessThan(1e-4);
  }

  private static Values step(GraphRunner runner, Cache cache, long position, long token)
      throws Exception {
    Call call = Call.decode(runner.decoder(), new long[] {position}, new long[] {token});
    return last(runner.run(call, cache));
  }

  private static Values last(List<Values> segments) {
    return segments.get(segments.size() - 1);
  }

  private static List<Long> boxed(JsonNode list) {
    return Arrays.stream(DemoModel.longs(list)).boxed().toList();
  }

  private static List<Long> boxed(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }
}
