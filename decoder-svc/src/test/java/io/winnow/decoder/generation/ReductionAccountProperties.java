package io.winnow.decoder.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.KeptReport;
import io.winnow.decoder.chat.KeptReport.Kept;
import io.winnow.decoder.chat.KeptReport.PictureTokens;
import io.winnow.decoder.generation.AnswerPlan.Selection;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.text.EncodedPrompt;
import io.winnow.v1.EncodedLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Rows of a prefill and tokens of pictures are the same things under two numberings. */
class ReductionAccountProperties {

  private static final int SEGMENTS = 4;
  private static final int LAYERS = 8;

  @Property(tries = 500, seed = "20261125")
  void everyRowThatIsLeftIsTheTokenThatWasFetchedThere(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int pictures) {
    Random random = new Random(seed);
    List<Selection> selections = new ArrayList<>();
    List<String> rows = new ArrayList<>(); // "picture:token" in row order
    for (int picture = 0; picture < pictures; picture++) {
      int[] fetched = some(random, IntStream.range(0, FlowFixture.TOKENS).toArray());
      selections.add(new Selection(false, fetched));
      for (int token : fetched) {
        rows.add(picture + ":" + token);
      }
    }
    List<int[]> survivors = new ArrayList<>();
    int[] alive = IntStream.range(0, rows.size()).toArray();
    for (int segment = 0; segment < SEGMENTS; segment++) {
      alive = some(random, alive);
      survivors.add(alive);
    }

    KeptReport report = report(selections, survivors);

    assertThat(tokensAt(report, 0)).isEqualTo(rows);
    for (int segment = 0; segment < SEGMENTS; segment++) {
      assertThat(tokensAt(report, segment + 1))
          .isEqualTo(IntStream.of(survivors.get(segment)).mapToObj(rows::get).toList());
      int layer = 2 * (segment + 1);
      int entry = segment + 1;
      assertThat(report.pictures())
          .allSatisfy(picture -> assertThat(picture.kept().get(entry).layer()).isEqualTo(layer));
    }
  }

  private static List<String> tokensAt(KeptReport report, int depth) {
    List<String> tokens = new ArrayList<>();
    for (int picture = 0; picture < report.pictures().size(); picture++) {
      PictureTokens reported = report.pictures().get(picture);
      Kept kept = reported.kept().get(depth);
      for (int index : kept.indices()) {
        tokens.add(picture + ":" + index);
      }
    }
    return tokens;
  }

  private static KeptReport report(List<Selection> selections, List<int[]> survivors) {
    int pictures = selections.size();
    AnsweringModel model =
        new AnsweringModel(
            FlowFixture.manifest(),
            0,
            new FakeText(),
            new FakeDecoderRuntime(FlowFixture.manifest().getDecoder(), () -> Runnable::run));
    PreparedPrompt prompt =
        new PreparedPrompt(
            model,
            new EncodedPrompt(new long[pictures + 1], IntStream.range(0, pictures).toArray()),
            Collections.nCopies(
                pictures, new PreparedPrompt.Picture(new byte[0], "picture", Detail.AUTO)),
            1);
    AnswerPlan plan =
        new AnswerPlan(
            selections,
            Optional.empty(),
            PrefillPlan.Ranking.FASTV,
            new float[0],
            Set.of(),
            false,
            false,
            true,
            new Reduction("any", 1, "", Optional.empty()));
    EncodedLayout layout =
        EncodedLayout.newBuilder().setPictureWidth(8).setPictureHeight(8).build();
    return new ReductionAccount(prompt, Collections.nCopies(pictures, layout), plan)
        .reported(new int[LAYERS], survivors)
        .kept()
        .orElseThrow();
  }

  private static int[] some(Random random, int[] values) {
    return IntStream.of(values).filter(value -> random.nextBoolean()).toArray();
  }
}
