package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.modelkit.GraphRunner.Cache;
import io.winnow.modelkit.GraphRunner.Call;
import io.winnow.modelkit.GraphRunner.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Random models of every family against transformers, from pictures to greedy answers. */
class FamilyParityTest {

  private static final int IMAGE_TOKEN = 3;

  /** How far an export of this precision may be from the reference, in parts of the largest. */
  private record Bound(String weights, double features, double saliency, double logits) {}

  // The quantised bounds are what these random weights give, with some room; at int4 that only
  // tells the model from another one, and PrecisionTest is the exact check. Greedy tokens have to
  // be equal at fp32 only.
  private static final List<Bound> BOUNDS =
      List.of(
          new Bound("fp32", 1e-3, 1e-3, 1e-3),
          new Bound("fp16", 1e-3, 1e-3, 0.01),
          new Bound("int8", 0.06, 0.15, 0.15),
          new Bound("int4", 0.06, 0.15, 0.7));

  @TempDir Path folder;

  static Stream<Arguments> models() throws IOException {
    return FamilyGolden.all().stream()
        .flatMap(golden -> BOUNDS.stream().map(bound -> Arguments.of(golden, bound)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("models")
  void agreesWithTheReference(FamilyGolden golden, Bound bound) throws Exception {
    check(golden, bound, golden.writeCheckpoint(folder.resolve("checkpoint")));
  }

  /** The picture's token is beyond the embeddings there, as in a Vicuna to which it was added. */
  @Test
  void agreesInTheOriginalLayout() throws Exception {
    FamilyGolden golden = FamilyGolden.read("llama-grouped");
    check(golden, BOUNDS.get(0), golden.writeOriginalCheckpoint(folder.resolve("original"), 144));
  }

  private void check(FamilyGolden golden, Bound bound, Path checkpoint) throws Exception {
    Path repository = folder.resolve("repository");
    Exporter.export(
        new ExportRequest(checkpoint, repository, "small", 2, bound.weights()), (f, d, t) -> {});
    try (GraphRunner runner = GraphRunner.open(repository, "small")) {
      List<Values> pictures = new ArrayList<>();
      for (float[] pixels : golden.pixels()) {
        pictures.add(runner.encode(pixels));
      }
      double features = features(golden, pictures);
      double saliency = saliency(golden, pictures);
      double logits = logits(golden, runner, pictures, bound.weights().equals("fp32"));
      System.out.printf(
          "%s %s: features %.1e, saliency %.1e, logits %.1e%n",
          golden, bound.weights(), features, saliency, logits);
      assertThat(features).isLessThan(bound.features());
      assertThat(saliency).isLessThan(bound.saliency());
      assertThat(logits).isLessThan(bound.logits());
    }
  }

  private static double features(FamilyGolden golden, List<Values> pictures) {
    long[] rows = DemoModel.longs(golden.get("feature_rows"));
    double worst = 0;
    for (int picture = 0; picture < pictures.size(); picture++) {
      int width = (int) pictures.get(picture).shape("visual_tokens")[2];
      float[] tokens = pictures.get(picture).floats("visual_tokens");
      for (int i = 0; i < rows.length; i++) {
        int start = (int) rows[i] * width;
        float[] expected = DemoModel.floats(golden.get("features").get(picture).get(i));
        float[] actual = Arrays.copyOfRange(tokens, start, start + width);
        worst = Math.max(worst, Difference.relative(actual, expected));
      }
    }
    return worst;
  }

  private static double saliency(FamilyGolden golden, List<Values> pictures) {
    double worst = 0;
    for (int picture = 0; picture < pictures.size(); picture++) {
      float[] expected = DemoModel.floats(golden.get("saliency").get(picture));
      float[] actual = Arrays.copyOf(pictures.get(picture).floats("saliency"), expected.length);
      worst = Math.max(worst, Difference.relative(actual, expected));
    }
    return worst;
  }

  /** The prefill and 16 steps; the steps are fed with the reference's tokens. */
  private static double logits(
      FamilyGolden golden, GraphRunner runner, List<Values> pictures, boolean sameTokens)
      throws Exception {
    Call prefill = prefill(golden, runner, pictures);
    long[] tokens = DemoModel.longs(golden.get("token_ids"));
    int length = prefill.tokenIds.length;
    int capacity = length + tokens.length;
    assertThat(capacity).isLessThanOrEqualTo(runner.decoder().getContextLength());
    JsonNode expected = golden.get("logits");
    try (Cache cache = runner.cache(1, capacity)) {
      Values last = last(runner.run(prefill, cache));
      double worst = 0;
      int row = 0;
      int vocabulary = runner.decoder().getVocabularySize();
      for (; row < prefill.logitRows.length; row++) {
        float[] actual =
            Arrays.copyOfRange(last.floats("logits"), row * vocabulary, (row + 1) * vocabulary);
        worst = Math.max(worst, Difference.relative(actual, DemoModel.floats(expected.get(row))));
      }
      int candidates = runner.decoder().getCandidates();
      long best = last.longs("candidate_ids")[(row - 1) * candidates];
      for (int step = 0; step < tokens.length; step++) {
        if (sameTokens) {
          assertThat(best).as("step %d", step).isEqualTo(tokens[step]);
        }
        long[] position = {length + step};
        Call decode = Call.decode(runner.decoder(), position, new long[] {tokens[step]});
        last = last(runner.run(decode, cache));
        best = last.longs("candidate_ids")[0];
        float[] next = DemoModel.floats(expected.get(row + step));
        worst = Math.max(worst, Difference.relative(last.floats("logits"), next));
      }
      return worst;
    }
  }

  private static Call prefill(FamilyGolden golden, GraphRunner runner, List<Values> pictures) {
    int visual = (int) pictures.get(0).shape("visual_tokens")[1];
    long[] ids =
        LongStream.of(DemoModel.longs(golden.get("prompt_ids")))
            .flatMap(id -> LongStream.generate(() -> id).limit(id == IMAGE_TOKEN ? visual : 1))
            .toArray();
    boolean[] visualRows = new boolean[ids.length];
    for (int i = 0; i < ids.length; i++) {
      visualRows[i] = ids[i] == IMAGE_TOKEN;
      ids[i] = visualRows[i] ? runner.manifest().getPrompt().getImageTokenId() : ids[i];
    }
    Call call = Call.prefill(runner.decoder(), 0, ids);
    int seen = 0;
    for (int i = 0; i < ids.length; i++) {
      call.spans[i] = visualRows[i] ? seen++ / visual : -1;
    }
    assertThat(seen).isEqualTo(visual * pictures.size());
    float[][] tokens =
        pictures.stream().map(each -> each.floats("visual_tokens")).toArray(float[][]::new);
    call.visualTokens = new float[tokens.length * tokens[0].length];
    for (int i = 0; i < tokens.length; i++) {
      System.arraycopy(tokens[i], 0, call.visualTokens, i * tokens[0].length, tokens[0].length);
    }
    for (int layer = 0; layer < call.keep.length; layer++) {
      call.keep[layer] = new long[pictures.size()];
      Arrays.fill(call.keep[layer], Long.MAX_VALUE);
    }
    call.logitRows = DemoModel.longs(golden.get("logit_rows"));
    return call;
  }

  private static Values last(List<Values> segments) {
    return segments.get(segments.size() - 1);
  }
}
