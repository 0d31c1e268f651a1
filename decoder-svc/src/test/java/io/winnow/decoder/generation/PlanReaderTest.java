package io.winnow.decoder.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.decoder.generation.PlanReader.RefusedPlanException;
import io.winnow.runtime.PrefillPlan;
import io.winnow.v1.Plan;
import io.winnow.v1.Ranking;
import io.winnow.v1.TokenIndices;
import io.winnow.v1.TokenSelection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One picture of four tokens, eight layers, four segments. */
class PlanReaderTest {

  private final PlanReader reader =
      new PlanReader(FlowFixture.manifest().getDecoder(), 1, FlowFixture.TOKENS);

  static Stream<Arguments> plansThatCannotBeHonoured() {
    return Stream.of(
        broken("method", plan -> plan.clearMethod()),
        broken("flops_ratio", plan -> plan.setFlopsRatio(0)),
        broken("flops_ratio", plan -> plan.setFlopsRatio(1.01)),
        broken("flops_ratio", plan -> plan.setFlopsRatio(Double.NaN)),
        broken("fetch", plan -> plan.addFetch(indices(1)).addFetch(indices(1))),
        broken("fetch[0]", plan -> plan.addFetch(TokenSelection.newBuilder().setAll(false))),
        broken("fetch[0]", plan -> plan.addFetch(TokenSelection.getDefaultInstance())),
        broken("fetch[0]", plan -> plan.addFetch(indices(1, 1))),
        broken("fetch[0]", plan -> plan.addFetch(indices(2, 1))),
        broken("fetch[0]", plan -> plan.addFetch(indices(-1))),
        broken("fetch[0]", plan -> plan.addFetch(indices(4))),
        broken("keep", plan -> plan.addAllKeep(List.of(4, 4))),
        broken("keep", plan -> plan.addAllKeep(falling(5))),
        broken("keep", plan -> plan.addAllKeep(rising())),
        broken("keep", plan -> plan.addAllKeep(Collections.nCopies(8, -1))),
        broken("keep", plan -> plan.addFetch(indices(0, 1)).addAllKeep(falling(3))),
        broken("ranking", plan -> plan.addAllKeep(falling(3))),
        broken("ranking", plan -> plan.setRankingValue(77)),
        broken("scores", plan -> plan.setRanking(Ranking.RANKING_GIVEN).addScores(1)),
        broken("scores", plan -> plan.addScores(1)),
        broken(
            "scores",
            plan ->
                plan.setRanking(Ranking.RANKING_GIVEN)
                    .addAllScores(List.of(1f, Float.NaN, 1f, 1f))),
        broken("observe_segments", plan -> plan.addObserveSegments(4)),
        broken("observe_segments", plan -> plan.addObserveSegments(-1)),
        broken("observe_segments", plan -> plan.addObserveSegments(1).addObserveSegments(1)),
        broken("positions", plan -> plan.setPositionsValue(9)));
  }

  @ParameterizedTest
  @MethodSource("plansThatCannotBeHonoured")
  void refusesByName(String part, Plan plan) {
    assertThatThrownBy(() -> reader.read(plan))
        .isInstanceOf(RefusedPlanException.class)
        .hasMessageContaining(": " + part + ": ");
  }

  @Test
  void readsWhatFits() throws RefusedPlanException {
    AnswerPlan plan =
        reader.read(
            FakePruner.KEEP_ALL.toBuilder()
                .addFetch(indices(0, 2, 3))
                .addAllKeep(falling(3))
                .setRanking(Ranking.RANKING_GIVEN)
                .addAllScores(List.of(1f, 2f, 3f))
                .addObserveSegments(2)
                .setBlocking(true)
                .build());

    assertThat(plan.fetched()).isEqualTo(3);
    assertThat(plan.prefill().ranking()).isEqualTo(PrefillPlan.Ranking.GIVEN);
    assertThat(plan.prefill().scores()).containsExactly(1, 2, 3);
    assertThat(plan.prefill().observedSegments()).containsExactly(2);
    assertThat(plan.prefill().blocking()).isTrue();
    assertThat(plan.prefill().keep().orElseThrow()[0]).containsExactly(3);
  }

  @Test
  void needsNoRankingToDropAll() throws RefusedPlanException {
    List<Integer> withdrawal = new ArrayList<>(Collections.nCopies(4, 4));
    withdrawal.addAll(Collections.nCopies(4, 0));
    AnswerPlan plan = reader.read(FakePruner.KEEP_ALL.toBuilder().addAllKeep(withdrawal).build());

    assertThat(plan.prefill().keep().orElseThrow()[4]).containsExactly(0);
    // Attention would be computed only to be thrown away.
    assertThat(plan.prefill().ranking()).isEqualTo(PrefillPlan.Ranking.GIVEN);
    assertThat(plan.prefill().scores()).containsExactly(0, 0, 0, 0);
  }

  @Test
  void computesAttentionForWhatIsObservedOnlyIfItIsToBeSeen() throws RefusedPlanException {
    Plan.Builder observing = FakePruner.KEEP_ALL.toBuilder().addObserveSegments(1);

    AnswerPlan plan = reader.read(observing.build());
    assertThat(plan.importance()).isFalse();
    assertThat(plan.prefill().ranking()).isEqualTo(PrefillPlan.Ranking.GIVEN);
    assertThat(plan.prefill().scores()).hasSize(4);

    AnswerPlan seeing = reader.read(observing.setObserveImportance(true).build());
    assertThat(seeing.importance()).isTrue();
    assertThat(seeing.prefill().ranking()).isEqualTo(PrefillPlan.Ranking.FITPRUNE);
    assertThat(seeing.prefill().scores()).isEmpty();
  }

  private static Arguments broken(String part, Consumer<Plan.Builder> change) {
    Plan.Builder plan = FakePruner.KEEP_ALL.toBuilder();
    change.accept(plan);
    return Arguments.of(part, plan.build());
  }

  private static TokenSelection indices(Integer... indices) {
    return TokenSelection.newBuilder()
        .setIndices(TokenIndices.newBuilder().addAllIndex(List.of(indices)))
        .build();
  }

  private static List<Integer> falling(int first) {
    return List.of(first, 2, 2, 2, 1, 1, 1, 1);
  }

  private static List<Integer> rising() {
    return List.of(2, 3, 3, 3, 3, 3, 3, 3);
  }
}
