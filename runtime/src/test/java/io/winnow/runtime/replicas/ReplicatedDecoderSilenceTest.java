package io.winnow.runtime.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.contract.RecordingListener;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Which silence of a replica is a loss. */
class ReplicatedDecoderSilenceTest {

  private static final int ANSWER = 6;
  private static final Duration HOURS = Duration.ofHours(2);

  private final RecordingListener listener = new RecordingListener();

  @Test
  void aGenerationIsQueuedOnALiveReplicaForAsLongAsItTakes() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);

    fleet.pass(HOURS);
    assertThat(fleet.replica("a").live()).isEqualTo(1);
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
    assertThat(fleet.replica("b").requests).isEmpty();
  }

  @Test
  void aGenerationThatWaitsToBePrefilledOnALiveReplicaIsNotLost() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    fleet.step(); // it has a slot, others prefill before it

    fleet.pass(HOURS);

    assertThat(fleet.replica("a").live()).isEqualTo(1);
    assertThat(fleet.replica("b").requests).isEmpty();
  }

  @Test
  void aReplayIsQueuedPrefilledAndSaidAgainInSilence() {
    Fleet fleet = Fleet.of("a", "b");
    Generation generation = fleet.runtime.start(request(), listener);
    generation.decode(4);
    fleet.run();
    fleet.replica("a").die();
    generation.decode(2);
    FakeReplica second = fleet.replica("b");
    for (int step = 0; step < 1 + FakeReplica.SEGMENTS + 1 + 4; step++) {
      fleet.pass(HOURS);
      assertThat(second.live()).as("after %s steps", step).isEqualTo(1);
      second.step();
    }
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void aReplayThatHasDrawnATokenIsWatchedAgain() {
    Fleet fleet = Fleet.of("a", "b");
    Generation generation = fleet.runtime.start(request(), listener);
    generation.decode(4);
    fleet.run();
    fleet.replica("a").die();
    generation.decode(1);
    fleet.run();
    fleet.replica("a").dead = false;
    generation.decode(1);

    fleet.pass(ReplicaSettings.defaults().stalledAfter());

    assertThat(fleet.replica("b").live()).isZero();
    fleet.run();
    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void aGenerationThatIsQueuedWhereNobodyAnswersAnyMoreGoesElsewhereInSeconds() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    fleet.pass(HOURS);
    FakeReplica gone = fleet.replica("a");
    gone.silent = true;
    gone.ready = false;

    fleet.pass(Duration.ofSeconds(9));
    assertThat(gone.live()).as("one question without an answer is no loss").isEqualTo(1);
    fleet.pass(Duration.ofSeconds(1));
    assertThat(gone.live()).isZero();
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void whoFinishesOnAReplicaThatIsNoLongerNamedIsWatchedToo() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    FakeReplica retired = fleet.replicas.remove("a");
    fleet.pass(Duration.ofSeconds(10));
    assertThat(fleet.runtime.names()).containsExactly("b");
    retired.silent = true;
    retired.ready = false;

    fleet.pass(Duration.ofSeconds(10));
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
    fleet.pass(Duration.ofSeconds(1));
    assertThat(retired.closed).isTrue();
  }

  private static GenerationRequest request() {
    return Fleet.request(PrefillPlan.keepAll(), 50, ANSWER);
  }
}
