package io.winnow.decoder.generation;

import static io.winnow.decoder.generation.FlowFixture.ask;
import static io.winnow.decoder.generation.FlowFixture.picture;
import static io.winnow.decoder.generation.FlowFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.Prompt;
import io.winnow.v1.Plan;
import io.winnow.v1.Positions;
import io.winnow.v1.TokenIndices;
import io.winnow.v1.TokenSelection;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Plans that do something, carried out. */
class FlowPlanTest {

  private final FlowFixture fixture = new FlowFixture();

  @Test
  void fetchesOnlyWhatThePlanKeepsAndKeepsThePositions() {
    fixture.pruner.plan =
        select(List.of(1, 3), List.of(0)).setPositions(Positions.POSITIONS_ORIGINAL).build();
    fixture.answer(ask(picture(1), text("a"), picture(2)).request());

    Prompt prompt = fixture.runtime.last().request.prompt();
    assertThat(prompt.tokenIds()).containsExactly(1, 4, 4, 'a', 4, 3);
    assertThat(prompt.spans()).containsExactly(-1, 0, 0, -1, 1, -1);
    assertThat(prompt.positions()).containsExactly(0, 2, 4, 5, 6, 10);
    assertThat(prompt.nextPosition()).isEqualTo(11);
    assertThat(prompt.visualTokens().get(0)).isEqualTo(101);
    assertThat(prompt.visualTokens().get(2)).isEqualTo(103);
    assertThat(prompt.visualTokens().get(4)).isEqualTo(200);
    assertThat(fixture.listener.started.prompt().imageTokens()).isEqualTo(8);
    assertThat(fixture.listener.summary.usage().imageTokensKept()).isEqualTo(3);
  }

  @Test
  void numbersSurvivorsConsecutivelyWhereThePlanSaysSo() {
    fixture.pruner.plan =
        select(List.of(1, 3)).setPositions(Positions.POSITIONS_CONSECUTIVE).build();
    fixture.answer(ask(picture(1), text("a")).request());

    Prompt prompt = fixture.runtime.last().request.prompt();
    assertThat(prompt.positions()).containsExactly(0, 1, 2, 3, 4);
    assertThat(prompt.nextPosition()).isEqualTo(5);
  }

  @Test
  void leavesPicturesWithoutTokensOut() {
    fixture.pruner.plan =
        select(List.of(), List.of(2, 3))
            .addAllKeep(List.of(0, 2, 0, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0))
            .setRanking(io.winnow.v1.Ranking.RANKING_FASTV)
            .build();
    fixture.answer(ask(picture(1), picture(2)).request());

    Prompt prompt = fixture.runtime.last().request.prompt();
    assertThat(prompt.spans()).containsExactly(-1, 0, 0, -1);
    assertThat(prompt.pictures()).isEqualTo(1);
    long[][] keep = fixture.runtime.last().request.plan().keep().orElseThrow();
    assertThat(keep).hasDimensions(8, 1);
    assertThat(keep[2]).containsExactly(1);
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void answersWithNoVisualTokenAtAll() {
    fixture.pruner.plan = select(List.of()).addAllKeep(Collections.nCopies(8, 0)).build();
    fixture.answer(ask(picture(1), text("a")).request());

    assertThat(fixture.runtime.last().request.prompt().visualTokens().capacity()).isZero();
    assertThat(fixture.runtime.last().request.plan().keep()).isEmpty();
    assertThat(fixture.listener.text()).isEqualTo("yes");
  }

  @SafeVarargs
  private static Plan.Builder select(List<Integer>... pictures) {
    Plan.Builder plan = FakePruner.KEEP_ALL.toBuilder();
    for (List<Integer> indices : pictures) {
      plan.addFetch(
          TokenSelection.newBuilder().setIndices(TokenIndices.newBuilder().addAllIndex(indices)));
    }
    return plan;
  }
}
