package io.winnow.runtime.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.PrefillPlan.Ranking;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.SegmentEnd;
import io.winnow.runtime.contract.RecordingListener.Prefilled;
import io.winnow.runtime.contract.RecordingListener.SegmentEnded;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a decoder does with the visual tokens of a plan. For every runtime. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class DecoderPlansContract extends DecoderContract {

  private static final int HIDDEN = 128;
  private static final int ANSWER = 16; // tokens of each golden
  private static final Set<Integer> EVERY_SEGMENT = Set.of(0, 1, 2, 3);

  private final JsonNode goldens = DemoModel.goldens("pruned.json");
  private DecoderRuntime runtime;

  @BeforeAll
  void openRuntime() {
    // The goldens go on past the end of the sequence.
    runtime = open(DemoModel.endless(), new Bounds(8, 64));
  }

  @AfterAll
  void closeRuntime() {
    runtime.close();
  }

  @Test
  void prunesLikeTheReference() {
    List<Started> started = new ArrayList<>();
    for (JsonNode golden : goldens) {
      started.add(start(golden, keeping(golden, Set.of()).withTracing(true)));
    }

    for (int index = 0; index < goldens.size(); index++) {
      JsonNode golden = goldens.get(index);
      String name = golden.get("name").asText();
      assertThat(started.get(index).answer()).as(name).isEqualTo(tokens(golden));
      long[] keep = DemoModel.longs(golden.get("keep"));
      int[] visual = // what enters a layer has left the one before
          IntStream.range(0, LAYERS)
              .map(layer -> layer == 0 ? DemoModel.VISUAL_TOKENS : (int) keep[layer - 1])
              .toArray();
      PrefillSummary summary = started.get(index).summary();
      assertThat(summary.visualEntered()).as(name).isEqualTo(visual);
      int text = golden.get("prompt_ids").size() - 1;
      assertThat(summary.entered())
          .as(name)
          .isEqualTo(Arrays.stream(visual).map(count -> count + text).toArray());
      assertThat(summary.segments()).hasSize(DemoModel.SEGMENTS);
      assertThat(summary.survivors()).as(name).containsExactlyElementsOf(survivors(golden));
      assertRunsAgree(summary);
    }
  }

  /** A runtime may leave the runs out; what it tells must fit the counts of the layers. */
  private static void assertRunsAgree(PrefillSummary summary) {
    List<PrefillSummary.SegmentRun> runs = summary.runs();
    if (runs.isEmpty()) {
      return;
    }
    assertThat(runs).hasSize(DemoModel.SEGMENTS);
    assertThat(runs.get(0).begin()).isZero();
    int layers = LAYERS / DemoModel.SEGMENTS;
    for (int segment = 0; segment < runs.size(); segment++) {
      PrefillSummary.SegmentRun run = runs.get(segment);
      assertThat(run.duration()).isPositive();
      assertThat(run.rowsIn()).isEqualTo(summary.entered()[segment * layers]);
      assertThat(run.visualIn()).isEqualTo(summary.visualEntered()[segment * layers]);
      if (segment > 0) {
        PrefillSummary.SegmentRun before = runs.get(segment - 1);
        assertThat(run.begin()).isGreaterThanOrEqualTo(before.begin().plus(before.duration()));
        assertThat(before.rowsOut()).isEqualTo(run.rowsIn());
        assertThat(before.visualOut()).isEqualTo(run.visualIn());
      }
    }
  }

  @Test
  void tellsTheSurvivorsOfEachPictureAlsoOfASelectionThatIsNumberedAnew() {
    Prompt prompt = picturesOfFourAndTwoTokens();
    long[][] keep = new long[LAYERS][];
    Arrays.fill(keep, 0, 3, new long[] {3, 2});
    Arrays.fill(keep, 3, LAYERS, new long[] {1, 1});
    float[] scores = {2, 1, 3, 0, 5, 4};
    PrefillPlan plan =
        new PrefillPlan(Optional.of(keep), Ranking.GIVEN, scores, Set.of(), false, true);

    Started started = start(runtime, greedy(prompt, plan, 1));

    started.answer();
    assertThat(started.summary().survivors())
        .containsExactly(
            new int[] {0, 1, 2, 4, 5}, new int[] {2, 4}, new int[] {2, 4}, new int[] {2, 4});
  }

  @Test
  void tellsNoSurvivorsUnlessAsked() {
    Started started = start(goldens.get(0), PrefillPlan.keepAll());

    started.answer();
    assertThat(started.summary().survivors()).isEmpty();
  }

  @Test
  void reportsTheTextStatusOfObservedSegments() {
    for (JsonNode golden : cases("keep-all")) {
      Started started = start(golden, keeping(golden, EVERY_SEGMENT));

      for (int segment = 0; segment < DemoModel.SEGMENTS; segment++) {
        SegmentEnd end = started.listener().await(SegmentEnded.class).end();
        assertThat(end.segment()).isEqualTo(segment);
        assertThat(end.visualTokens()).isEqualTo(DemoModel.VISUAL_TOKENS);
        assertThat(end.importance()).hasSize(DemoModel.VISUAL_TOKENS);
        assertThat(end.textStatus()).hasSize(2 * HIDDEN);
        for (int index = 0; index < 2 * HIDDEN; index++) {
          double expected =
              golden
                  .get("text_status")
                  .get(segment)
                  .get(index / HIDDEN)
                  .get(index % HIDDEN)
                  .asDouble();
          assertThat((double) end.textStatus()[index]).isCloseTo(expected, within(2e-3));
        }
      }
      assertThat(started.answer()).isEqualTo(tokens(golden));
    }
  }

  @Test
  void reportsTheTextStatusAloneWhereNoImportanceIsWanted() {
    JsonNode golden = cases("fitprune").get(0);
    Started whole = start(golden, keeping(golden, EVERY_SEGMENT));
    Started lean = start(golden, keeping(golden, EVERY_SEGMENT).withImportance(false));

    for (int segment = 0; segment < DemoModel.SEGMENTS; segment++) {
      SegmentEnd expected = whole.listener().await(SegmentEnded.class).end();
      SegmentEnd end = lean.listener().await(SegmentEnded.class).end();
      assertThat(end.importance()).isEmpty();
      assertThat(end.visualTokens()).isEqualTo(expected.visualTokens()).isPositive();
      assertThat(end.textStatus()).containsExactly(expected.textStatus(), within(1e-5f));
    }
    assertThat(lean.answer()).isEqualTo(tokens(golden));
  }

  @Test
  void reportsTheImportanceOfTheTokensStillAlive() {
    for (JsonNode golden : cases("fitprune")) {
      int last = DemoModel.SEGMENTS - 1;
      Started started = start(golden, keeping(golden, Set.of(last)));

      SegmentEnd end = started.listener().await(SegmentEnded.class).end();

      JsonNode kept = golden.get("kept");
      List<Long> entered = list(kept.get(kept.size() - 2).get("indices"));
      List<Long> left = list(kept.get(kept.size() - 1).get("indices"));
      double[] expected =
          left.stream()
              .mapToDouble(
                  token -> golden.get("importance_last").get(entered.indexOf(token)).asDouble())
              .toArray();
      assertThat(end.segment()).isEqualTo(last);
      assertThat(end.visualTokens()).isEqualTo(left.size());
      assertThat(shares(doubles(end.importance()))).containsExactly(shares(expected), within(1e-4));
      assertThat(started.answer()).isEqualTo(tokens(golden));
    }
  }

  @Test
  void anExitAtASegmentEndIsTheWithdrawalThere() {
    for (JsonNode golden : cases("vtw-4")) {
      Started started = start(golden, observing(Set.of(1), true).withTracing(true));
      started.listener().await(SegmentEnded.class);

      started.generation().resume(1, true);

      assertThat(started.answer()).as(golden.get("name").asText()).isEqualTo(tokens(golden));
      assertThat(started.summary().visualEntered()).isEqualTo(withdrawnFrom(4));
      int[] none = {};
      assertThat(started.summary().survivors())
          .containsExactly(everyVisualToken(), none, none, none);
    }
  }

  @Test
  void aBlockingPlanWaitsForItsAnswer() {
    JsonNode golden = goldens.get(0);
    Started waiting = start(golden, observing(Set.of(0, 2), true));
    waiting.listener().await(SegmentEnded.class);

    assertThat(start(golden, PrefillPlan.keepAll()).answer()).isEqualTo(tokens(golden));
    assertThat(waiting.listener().pending()).isEmpty();

    waiting.generation().resume(0, false);
    assertThat(waiting.listener().await(SegmentEnded.class).end().segment()).isEqualTo(2);
    assertThat(start(golden, PrefillPlan.keepAll()).answer()).isEqualTo(tokens(golden));
    assertThat(waiting.listener().pending()).isEmpty();

    waiting.generation().resume(2, false);
    assertThat(waiting.answer()).isEqualTo(tokens(golden));
  }

  @Test
  void anotherPlanDoesNotWait() {
    JsonNode golden = goldens.get(0);
    Started started = start(golden, observing(EVERY_SEGMENT, false));

    assertThat(started.answer()).isEqualTo(tokens(golden));
    assertThat(started.listener().seen()).filteredOn(SegmentEnded.class::isInstance).hasSize(4);
  }

  @Test
  void anExitAfterThePrefillIsIgnored() {
    JsonNode golden = goldens.get(5); // its answer changes when the visual tokens go
    Started started = start(golden, observing(Set.of(3), true));
    PrefillSummary summary = started.listener().await(Prefilled.class).summary();

    started.generation().resume(3, true);

    assertThat(started.answer()).isEqualTo(tokens(golden));
    assertThat(summary.visualEntered()).isEqualTo(withdrawnFrom(LAYERS));
    started.generation().resume(3, true);
    assertThat(started.listener().pending()).isEmpty();
  }

  @Test
  void aPromptWithoutPictureHasNoVisualTokensToReport() {
    Started started =
        start(runtime, greedy(DemoModel.textPrompt(9), observing(EVERY_SEGMENT, false), 2));

    for (int segment = 0; segment < DemoModel.SEGMENTS; segment++) {
      SegmentEnd end = started.listener().await(SegmentEnded.class).end();
      assertThat(end.visualTokens()).isZero();
      assertThat(end.importance()).isEmpty();
      assertThat(end.textStatus()).hasSize(2 * HIDDEN);
    }
    assertThat(started.answer()).hasSize(2);
  }

  @Test
  void refusesPlansThatDoNotFit() {
    JsonNode golden = goldens.get(0);

    assertRefused(golden, keeping(new long[] {576, 576}, Ranking.FITPRUNE), "layers");
    assertRefused(
        golden, keeping(new long[] {9, 9, 9, 10, 9, 9, 9, 9}, Ranking.FITPRUNE), "grow with depth");
    assertRefused(golden, keeping(new long[LAYERS], Ranking.GIVEN), "scores");
    assertRefused(golden, observing(Set.of(DemoModel.SEGMENTS), false), "segment 4");
  }

  private void assertRefused(JsonNode golden, PrefillPlan plan, String because) {
    assertThatThrownBy(() -> start(golden, plan))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(because);
  }

  private Started start(JsonNode golden, PrefillPlan plan) {
    return start(runtime, greedy(DemoModel.prompt(golden), plan, ANSWER));
  }

  private List<JsonNode> cases(String name) {
    return StreamSupport.stream(goldens.spliterator(), false)
        .filter(golden -> golden.get("case").asText().equals(name))
        .toList();
  }

  private static PrefillPlan keeping(long[] keep, Ranking ranking) {
    return new PrefillPlan(Optional.of(perPicture(keep)), ranking, new float[0], Set.of(), false);
  }

  /** What the reference kept at the end of each segment // [segments][left]. */
  private static List<int[]> survivors(JsonNode golden) {
    List<int[]> survivors = new ArrayList<>();
    for (int segment = 0; segment < DemoModel.SEGMENTS; segment++) {
      int[] left = everyVisualToken();
      for (JsonNode drop : golden.get("kept")) {
        if (drop.get("layer").asInt() / 2 <= segment) {
          left = list(drop.get("indices")).stream().mapToInt(Long::intValue).toArray();
        }
      }
      survivors.add(left);
    }
    return survivors;
  }

  private static int[] everyVisualToken() {
    return IntStream.range(0, DemoModel.VISUAL_TOKENS).toArray();
  }

  /** As a selection before the decoder leaves them: few tokens, consecutive positions. */
  private static Prompt picturesOfFourAndTwoTokens() {
    long[] ids = {1, 5, 4, 4, 4, 4, 4, 4, 79, 6};
    long[] spans = {-1, -1, 0, 0, 0, 0, 1, 1, -1, -1};
    FloatBuffer tokens = DemoModel.floats(6 * HIDDEN);
    for (int i = 0; i < tokens.capacity(); i++) {
      tokens.put(i, (float) Math.sin(i));
    }
    return new Prompt(ids, spans, LongStream.range(0, ids.length).toArray(), tokens, ids.length);
  }

  private static List<Integer> tokens(JsonNode golden) {
    return Arrays.stream(DemoModel.longs(golden.get("token_ids")))
        .mapToObj(id -> (int) id)
        .toList();
  }

  private static List<Long> list(JsonNode numbers) {
    return Arrays.stream(DemoModel.longs(numbers)).boxed().toList();
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(index -> values[index]).toArray();
  }

  private static double[] shares(double[] values) {
    double sum = Arrays.stream(values).sum();
    return Arrays.stream(values).map(value -> value / sum).toArray();
  }
}
