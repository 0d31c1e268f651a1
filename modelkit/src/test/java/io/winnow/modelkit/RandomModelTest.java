package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.modelkit.GraphRunner.Cache;
import io.winnow.modelkit.GraphRunner.Call;
import io.winnow.modelkit.GraphRunner.Values;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Small random decoder with grouped queries, two pictures, against {@link ReferenceDecoder}. */
class RandomModelTest {

  private static final int CAPACITY = 64;
  private static final long ALL = Long.MAX_VALUE;
  // Two texts, picture 0 of eight tokens, one text, picture 1 of six, three texts.
  private static final long[] SPANS = spans();

  @TempDir static Path folder;
  private static GraphRunner runner;
  private static ReferenceDecoder reference;

  @BeforeAll
  static void export() throws Exception {
    Path checkpoint =
        RandomCheckpoint.write(folder.resolve("checkpoint"), RandomCheckpoint.Shape.SMALL);
    Path repository = folder.resolve("repository");
    Exporter.export(
        new ExportRequest(checkpoint, repository, "small", 2, "fp32"), (file, done, total) -> {});
    runner = GraphRunner.open(repository, "small");
    reference = new ReferenceDecoder(checkpoint);
  }

  @AfterAll
  static void close() throws Exception {
    runner.close();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 99, 99, 99, 99, 99, 99", // keep everything
    "0, 5, 6, 5, 2, 3, 2", // FitPrune, a quota for each picture
    "0, 99, 4, 3, 4, 3, 1", // at first only the second picture loses tokens
    "1, 99, 99, 4, 3, 4, 3", // FastV
    "2, 6, 5, 4, 4, 1, 2", // given scores
    "0, 5, 0, 5, 0, 0, 0", // withdrawal of one picture, then of both
    "1, 0, 0, 0, 0, 0, 0"
  })
  void agreesWithTheReference(long ranking, long a0, long a1, long b0, long b1, long c0, long c1)
      throws Exception {
    Call call = twoPictures();
    call.ranking = ranking;
    call.observe = 1;
    call.keep = new long[][] {{a0, a1}, {b0, b1}, {c0, c1}};
    ReferenceDecoder.Result expected = reference.prefill(call);
    Values last = prefill(call);
    assertThat(last.longs("positions_out"))
        .containsExactly(expected.rows().stream().mapToLong(row -> call.positions[row]).toArray());
    assertThat(last.longs("spans_out"))
        .containsExactly(expected.rows().stream().mapToLong(row -> SPANS[row]).toArray());
    assertThat(Difference.relative(last.floats("logits"), expected.logits())).isLessThan(1e-5);
    assertThat(last.floats("importance")).hasSize(expected.importance().length);
    if (expected.importance().length > 0) {
      assertThat(Difference.relative(last.floats("importance"), expected.importance()))
          .isLessThan(1e-5);
      assertThat(Difference.relative(last.floats("self_attention"), expected.self()))
          .isLessThan(1e-5);
      assertThat(Difference.relative(last.floats("cross_attention"), expected.cross()))
          .isLessThan(1e-5);
    }
  }

  @Test
  void projectsOntoTheEmbeddingWhenItIsTied(@TempDir Path other) throws Exception {
    Path checkpoint = RandomCheckpoint.write(other, RandomCheckpoint.Shape.SMALL);
    Path config = checkpoint.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace(
                "\"model_type\": \"llava\"",
                "\"model_type\": \"llava\", \"tie_word_embeddings\": true"));
    Exporter.export(ExportRequest.of(checkpoint, other, "tied"), (file, done, total) -> {});
    try (GraphRunner tied = GraphRunner.open(other, "tied");
        Cache cache = tied.cache(1, CAPACITY)) {
      Call call = twoPictures();
      float[] logits = tied.run(call, cache).get(2).floats("logits");
      float[] expected = new ReferenceDecoder(checkpoint).prefill(call).logits();
      assertThat(Difference.relative(logits, expected)).isLessThan(1e-5);
    }
  }

  @Test
  void keepsTheLowerIndexAmongEqualScores() throws Exception {
    Call call = twoPictures();
    call.ranking = 2;
    Arrays.fill(call.scores, 0.5f);
    call.scores[5] = 0.75f;
    call.keep = new long[][] {{3, 2}, {ALL, ALL}, {ALL, ALL}};
    assertThat(prefill(call).longs("positions_out"))
        .containsExactly(0, 1, 2, 3, 5, 10, 11, 12, 17, 18, 19);
  }

  @Test
  void takesKeepCountsAboveWhatEarlierLayersLeft() throws Exception {
    Call call = twoPictures();
    call.keep = new long[][] {{2, 1}, {5, 5}, {ALL, 3}};
    assertThat(prefill(call).longs("spans_out")).containsExactly(-1, -1, 0, 0, -1, 1, -1, -1, -1);
  }

  @Test
  void passesScoresOnWithTheirTokens() throws Exception {
    Call call = twoPictures();
    call.keep = new long[][] {{4, 4}, {3, 3}, {2, 2}};
    Values last = prefill(call);
    long[] positions = last.longs("positions_out");
    for (int i = 0; i < positions.length; i++) {
      assertThat(last.floats("scores_out")[i]).isEqualTo(call.scores[(int) positions[i]]);
    }
  }

  @Test
  void reportsNothingUnlessObserved() throws Exception {
    Call call = twoPictures();
    call.keep = new long[][] {{4, 4}, {3, 3}, {2, 2}};
    Values last = prefill(call);
    assertThat(last.shape("importance")).containsExactly(0);
    assertThat(last.shape("self_attention")).containsExactly(0);
    assertThat(last.shape("cross_attention")).containsExactly(0);
    assertThat(last.shape("text_status")).containsExactly(0, 64);
  }

  @Test
  void observesAPromptOfTextOnly() throws Exception {
    Call call = Call.prefill(runner.decoder(), 0, 1, 7, 8, 9);
    call.observe = 1;
    call.textStart = 1;
    Values last = prefill(call);
    float[] hidden = last.floats("hidden_out");
    float[] status = last.floats("text_status");
    assertThat(last.shape("importance")).containsExactly(0);
    assertThat(last.shape("self_attention")).containsExactly(0);
    for (int i = 0; i < 64; i++) {
      assertThat(status[i]).isCloseTo((hidden[64 + i] + hidden[128 + i]) / 2, within());
      assertThat(status[64 + i]).isEqualTo(hidden[192 + i]);
    }
  }

  @Test
  void observesTheTextStatusAlone() throws Exception {
    Call call = twoPictures();
    call.observe = 1;
    float[] expected = prefill(call).floats("text_status");
    call.observe = 2;
    Values last = prefill(call);
    assertThat(last.floats("text_status")).containsExactly(expected, within());
    assertThat(last.shape("importance")).containsExactly(0);
    assertThat(last.shape("self_attention")).containsExactly(0);
    assertThat(last.shape("cross_attention")).containsExactly(0);
  }

  @Test
  void takesTheLastRowAsTheMeanOfASingleTextRow() throws Exception {
    Call call = twoPictures();
    call.observe = 1;
    call.textStart = 19;
    float[] status = prefill(call).floats("text_status");
    assertThat(Arrays.copyOf(status, 64)).containsExactly(Arrays.copyOfRange(status, 64, 128));
  }

  @Test
  void givesCandidatesInOrderAndTheirNormaliser() throws Exception {
    Call call = twoPictures();
    call.logitRows = new long[] {0, 19, -1};
    Values last = prefill(call);
    for (int row = 0; row < 3; row++) {
      float[] logits = Arrays.copyOfRange(last.floats("logits"), row * 50, (row + 1) * 50);
      List<Integer> order =
          IntStream.range(0, 50)
              .boxed()
              .sorted((a, b) -> Float.compare(logits[b], logits[a]))
              .toList();
      for (int i = 0; i < 50; i++) {
        assertThat(last.longs("candidate_ids")[row * 50 + i]).isEqualTo(order.get(i).longValue());
        assertThat(last.floats("candidate_logits")[row * 50 + i]).isEqualTo(logits[order.get(i)]);
      }
      double sum = IntStream.range(0, 50).mapToDouble(i -> Math.exp(logits[i])).sum();
      assertThat((double) last.floats("log_sum_exp")[row])
          .isCloseTo(Math.log(sum), Offset.offset(1e-5));
    }
    assertThat(Arrays.copyOfRange(last.floats("logits"), 50, 100))
        .containsExactly(Arrays.copyOfRange(last.floats("logits"), 100, 150));
  }

  private static Offset<Float> within() {
    return Offset.offset(1e-5f);
  }

  private static Values prefill(Call call) throws Exception {
    try (Cache cache = runner.cache(1, CAPACITY)) {
      List<Values> segments = runner.run(call, cache);
      return segments.get(segments.size() - 1);
    }
  }

  private static Call twoPictures() {
    Random random = new Random(11);
    long[] ids = random.longs(SPANS.length, 6, 50).toArray();
    Call call = Call.prefill(runner.decoder(), 0, ids);
    call.spans = SPANS;
    call.visualTokens = new float[14 * 64];
    for (int i = 0; i < call.visualTokens.length; i++) {
      call.visualTokens[i] = random.nextFloat() - 0.5f;
    }
    for (int i = 0; i < call.scores.length; i++) {
      call.scores[i] = random.nextFloat();
    }
    call.keep = new long[][] {{ALL, ALL}, {ALL, ALL}, {ALL, ALL}};
    return call;
  }

  private static long[] spans() {
    long[] spans = new long[20];
    Arrays.fill(spans, -1);
    Arrays.fill(spans, 2, 10, 0);
    Arrays.fill(spans, 11, 17, 1);
    return spans;
  }
}
