package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.util.JsonFormat;
import io.winnow.modelkit.GraphRunner.Cache;
import io.winnow.modelkit.GraphRunner.Call;
import io.winnow.modelkit.GraphRunner.Values;
import io.winnow.v1.ModelManifest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must not change the bundled model's numbers: segments, batches, replay, the unused step. */
class DecoderGraphTest {

  private static final int CAPACITY = 640;
  private static final long NEXT_TOKEN = 96;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 20})
  void givesTheSameLogitsInAnyNumberOfSegments(int segments) throws Exception {
    assertThat(Difference.relative(logits(segments), logits(4))).isLessThan(1e-6);
  }

  /** Logits of a pruned prefill and of the step after it. */
  private static float[] logits(int segments) throws Exception {
    GraphRunner runner = DemoModel.runner(segments);
    try (Cache cache = runner.cache(1, CAPACITY)) {
      Call prefill = question(runner, 0);
      long[] keep = {576, 400, 300, 200, 200, 100, 50, 0};
      Arrays.setAll(prefill.keep, layer -> new long[] {keep[layer]});
      float[] first = last(runner.run(prefill, cache)).floats("logits");
      Call step = step(runner, new long[] {prefill.tokenIds.length}, NEXT_TOKEN);
      float[] second = last(runner.run(step, cache)).floats("logits");
      float[] both = Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, both, first.length, second.length);
      return both;
    }
  }

  @Test
  void decodesRowsOfDifferentLengthsAsIfAlone() throws Exception {
    GraphRunner runner = DemoModel.runner(4);
    double worst = 0;
    try (Cache together = runner.cache(8, CAPACITY)) {
      long[] positions = new long[8];
      float[][] alone = new float[8][];
      for (int row = 0; row < 8; row++) {
        try (Cache cache = runner.cache(1, CAPACITY)) {
          Call prefill = question(runner, row);
          Arrays.fill(prefill.keep, 3, 8, new long[] {row * 80L});
          runner.run(prefill, cache);
          together.copyRow(cache, 0, row);
          positions[row] = prefill.tokenIds.length;
          Call step = step(runner, new long[] {positions[row]}, NEXT_TOKEN);
          alone[row] = last(runner.run(step, cache)).floats("logits");
        }
      }
      long[] tokens = new long[8];
      Arrays.fill(tokens, NEXT_TOKEN);
      float[] logits = last(runner.run(step(runner, positions, tokens), together)).floats("logits");
      for (int row = 0; row < 8; row++) {
        float[] own = Arrays.copyOfRange(logits, row * 200, (row + 1) * 200);
        worst = Math.max(worst, Difference.relative(own, alone[row]));
      }
    }
    System.out.printf("decoder: 8 rows against 1 %.1e%n", worst);
    assertThat(worst).isLessThan(1e-4);
  }

  @Test
  void ignoresKeepCountsWhereThereIsNoPicture() throws Exception {
    GraphRunner runner = DemoModel.runner(4);
    try (Cache cache = runner.cache(2, CAPACITY)) {
      Call step = step(runner, new long[] {0, 0}, 5, 6);
      Arrays.fill(step.keep, new long[] {0});
      assertThat(last(runner.run(step, cache)).shape("hidden_out")).containsExactly(2, 1, 128);
      assertThat(cache.lengths[7]).containsExactly(1, 1);
    }
  }

  @Test
  void continuesAPrefixWithSeveralTokensAtOnce() throws Exception {
    GraphRunner runner = DemoModel.runner(4);
    long[] answer = {96, 128, 2, 7, 99};
    try (Cache singly = runner.cache(1, CAPACITY);
        Cache atOnce = runner.cache(1, CAPACITY)) {
      Call prefill = question(runner, 0);
      Arrays.fill(prefill.keep, 2, 8, new long[] {100});
      runner.run(prefill, singly);
      runner.run(prefill, atOnce);
      float[] expected = {};
      for (int i = 0; i < answer.length; i++) {
        Call step = step(runner, new long[] {prefill.tokenIds.length + i}, answer[i]);
        expected = last(runner.run(step, singly)).floats("logits");
      }
      Call replay = Call.prefill(runner.decoder(), prefill.tokenIds.length, answer);
      float[] actual = last(runner.run(replay, atOnce)).floats("logits");
      assertThat(Difference.relative(actual, expected)).isLessThan(1e-5);
      assertThat(atOnce.lengths).isDeepEqualTo(singly.lengths);
    }
  }

  @Test
  void isIdenticalToAGraphWithoutTheDroppingStepWhenEverythingIsKept(@TempDir Path repository)
      throws Exception {
    ExportRequest request = ExportRequest.of(DemoModel.CHECKPOINT, repository, "plain");
    try (LlavaFamily family = new LlavaFamily(request, (f, d, t) -> {}, false)) {
      ModelManifest manifest = family.write(repository).build();
      Files.writeString(
          repository.resolve("plain-decoder/manifest.json"), JsonFormat.printer().print(manifest));
    }
    try (GraphRunner plain = GraphRunner.open(repository, "plain")) {
      assertThat(keepAll(DemoModel.runner(4), 0)).containsExactly(keepAll(plain, 0));
      assertThat(keepAll(DemoModel.runner(4), 1)).containsExactly(keepAll(plain, 0));
      assertThat(keepAll(DemoModel.runner(4), 2)).containsExactly(keepAll(plain, 0));
    }
  }

  private static float[] keepAll(GraphRunner runner, long observe) throws Exception {
    try (Cache cache = runner.cache(1, CAPACITY)) {
      Call prefill = question(runner, 3);
      prefill.observe = observe;
      prefill.logitRows = new long[] {0, 300, -1};
      float[] first = last(runner.run(prefill, cache)).floats("logits");
      Call step = step(runner, new long[] {prefill.tokenIds.length}, NEXT_TOKEN);
      float[] second = last(runner.run(step, cache)).floats("logits");
      float[] both = Arrays.copyOf(first, first.length + second.length);
      System.arraycopy(second, 0, both, first.length, second.length);
      return both;
    }
  }

  private static Call question(GraphRunner runner, int number) throws Exception {
    JsonNode questions = DemoModel.golden("answers.json");
    return DemoModel.prefill(runner, questions.get(number * 3));
  }

  private static Call step(GraphRunner runner, long[] positions, long... tokens) {
    return Call.decode(runner.decoder(), positions, tokens);
  }

  private static Values last(List<Values> segments) {
    return segments.get(segments.size() - 1);
  }
}
