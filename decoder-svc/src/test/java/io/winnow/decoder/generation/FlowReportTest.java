package io.winnow.decoder.generation;

import static io.winnow.decoder.generation.FlowFixture.ask;
import static io.winnow.decoder.generation.FlowFixture.picture;
import static io.winnow.decoder.generation.FlowFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.KeptReport;
import io.winnow.decoder.chat.KeptReport.Grid;
import io.winnow.decoder.chat.KeptReport.Kept;
import io.winnow.decoder.chat.KeptReport.PictureTokens;
import io.winnow.decoder.chat.KeptReport.Region;
import io.winnow.decoder.chat.ReductionWish;
import io.winnow.v1.Plan;
import io.winnow.v1.Positions;
import io.winnow.v1.Ranking;
import io.winnow.v1.TokenIndices;
import io.winnow.v1.TokenSelection;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What an answer tells about the visual tokens that were kept. */
class FlowReportTest {

  private static final ReductionWish REPORT =
      new ReductionWish("auto", Optional.empty(), OptionalInt.empty(), OptionalLong.empty(), true);

  private final FlowFixture fixture = new FlowFixture();

  @Test
  void tellsTheTokensOfEachPictureThatWereFetchedAndThatWereLeftAfterEachSegment() {
    fixture.pruner.plan =
        FakePruner.KEEP_ALL.toBuilder()
            .setMethod("both")
            .addFetch(tokens(1, 2, 3))
            .addFetch(tokens())
            .addFetch(tokens(0, 3))
            .addAllKeep(List.of(3, 0, 2, 2, 0, 2, 2, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 0))
            .addAllKeep(List.of(1, 0, 0, 0, 0, 0))
            .setRanking(Ranking.RANKING_FASTV)
            .setPositions(Positions.POSITIONS_CONSECUTIVE)
            .build();
    fixture.answer(ask(picture(1), text("ab"), picture(2), picture(3)).wish(REPORT).request());

    KeptReport report = reduction().kept().orElseThrow();
    assertThat(report.visualEntered()).containsExactly(5, 5, 4, 3, 1, 1, 1, 1);
    assertThat(report.textTokens()).isEqualTo(4);
    assertThat(kept(report, 0))
        .containsExactly("0 [1, 2, 3]", "2 [1, 2]", "4 [1]", "6 [1]", "8 []");
    assertThat(kept(report, 1)).containsExactly("0 []", "2 []", "4 []", "6 []", "8 []");
    assertThat(kept(report, 2)).containsExactly("0 [0, 3]", "2 [0, 3]", "4 []", "6 []", "8 []");
    PictureTokens first = report.pictures().get(0);
    assertThat(first.tiles()).containsExactly(new Grid(2, 2));
    assertThat(first.width()).isEqualTo(40);
    assertThat(first.height()).isEqualTo(20);
    assertThat(first.seen()).isEqualTo(new Region(10, 0, 20, 20));
    assertThat(fixture.listener.summary.usage().imageTokensKept()).isEqualTo(3); // 21 / 8
  }

  @Test
  void countsTheWorkThatWasDoneNotTheWorkThatThePlanExpected() {
    fixture.pruner.plan =
        FakePruner.KEEP_ALL.toBuilder()
            .setFlopsRatio(0.9)
            .addAllKeep(List.of(4, 4, 4, 0, 0, 0, 0, 0))
            .build();
    fixture.answer(ask(picture(1), text("ab")).wish(REPORT).request());

    // d = 2, m = 6: a layer of n tokens takes 16n + 4n^2 + 36n
    double full = 52 * 8 + 4 * 64;
    double text = 52 * 4 + 4 * 16;
    KeptReport report = reduction().kept().orElseThrow();
    assertThat(report.macs()).isEqualTo(4 * full + 4 * text);
    assertThat(report.macsUnpruned()).isEqualTo(8 * full);
    assertThat(report.flops()).isEqualTo(2 * report.macs());
    assertThat(reduction().flopsRatio()).isCloseTo((full + text) / (2 * full), within(1e-12));
    assertThat(report.visualMacsRatio()).isEqualTo(0.5);
  }

  @Test
  void countsAnExitThatThePlanDidNotKnowOf() {
    fixture.pruner.plan =
        FakePruner.KEEP_ALL.toBuilder().addObserveSegments(0).setBlocking(true).build();
    fixture.pruner.exits = true;
    fixture.answer(ask(picture(1), text("ab")).wish(REPORT).request());

    KeptReport report = reduction().kept().orElseThrow();
    assertThat(report.visualEntered()).containsExactly(4, 4, 0, 0, 0, 0, 0, 0);
    assertThat(kept(report, 0)).containsExactly("0 [0, 1, 2, 3]", "2 []", "4 []", "6 []", "8 []");
    assertThat(reduction().flopsRatio()).isLessThan(0.6);
    assertThat(fixture.listener.summary.usage().imageTokensKept()).isEqualTo(1);
  }

  @Test
  void hasAReportOfAPromptWithoutPictures() {
    fixture.answer(ask(text("ab")).wish(REPORT).request());

    KeptReport report = reduction().kept().orElseThrow();
    assertThat(report.pictures()).isEmpty();
    assertThat(report.visualEntered()).containsOnly(0).hasSize(8);
    assertThat(report.visualMacsRatio()).isEqualTo(1);
    assertThat(reduction().flopsRatio()).isEqualTo(1);
  }

  @Test
  void tellsTheShareOfTheWorkAndNoMoreUnlessAsked() {
    Plan.Builder plan = FakePruner.KEEP_ALL.toBuilder().addFetch(tokens());
    fixture.pruner.plan = plan.addAllKeep(Collections.nCopies(8, 0)).build();
    fixture.answer(ask(picture(1), text("ab")).request());

    assertThat(reduction().kept()).isEmpty();
    assertThat(reduction().flopsRatio()).isCloseTo(272.0 / 672, within(1e-12));
    assertThat(fixture.runtime.last().request.plan().tracing()).isFalse();
  }

  private AnswerSummary.Reduction reduction() {
    return fixture.listener.summary.reduction();
  }

  private static List<String> kept(KeptReport report, int picture) {
    return report.pictures().get(picture).kept().stream().map(FlowReportTest::asText).toList();
  }

  private static String asText(Kept kept) {
    return kept.layer() + " " + Arrays.toString(kept.indices());
  }

  private static TokenSelection tokens(Integer... indices) {
    return TokenSelection.newBuilder()
        .setIndices(TokenIndices.newBuilder().addAllIndex(List.of(indices)))
        .build();
  }
}
