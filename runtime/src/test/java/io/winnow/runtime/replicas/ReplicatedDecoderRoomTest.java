package io.winnow.runtime.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.contract.RecordingListener;
import io.winnow.runtime.contract.RecordingListener.PrefillStarted;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Generations that lose their replica while the others are full. */
class ReplicatedDecoderRoomTest {

  private static final int ANSWER = 6;

  private final RecordingListener listener = new RecordingListener();

  @Test
  void anAnswerThatIsLostWaitsForRoomAndGoesOnUnchanged() {
    Fleet undisturbed = Fleet.of("a");
    RecordingListener expected = new RecordingListener();
    undisturbed.runtime.start(request(), expected).decode(ANSWER);
    undisturbed.run();

    Fleet fleet = Fleet.of("a", "b");
    Generation generation = fleet.runtime.start(request(), listener);
    generation.decode(3);
    fleet.run();
    loseTo(fleet, "a");
    fleet.pass(Duration.ofSeconds(100));
    assertThat(fleet.runtime.load().queued()).isEqualTo(1);
    fleet.replica("b").full(false);
    fleet.pass(Duration.ofSeconds(1));
    assertThat(fleet.runtime.load().queued()).isZero();
    generation.decode(3);
    fleet.run();

    assertThat(listener.awaitAnswer()).isEqualTo(expected.awaitAnswer());
  }

  @Test
  void creditThatIsGivenWhileItWaitsCounts() {
    Fleet fleet = Fleet.of("a", "b");
    Generation generation = fleet.runtime.start(request(), listener);
    fleet.run();
    loseTo(fleet, "a");

    generation.decode(ANSWER);
    fleet.replica("b").full(false);
    fleet.pass(Duration.ofSeconds(1));
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void theWaitIsBoundedAndItsReasonTold() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    fleet.step();
    loseTo(fleet, "a");

    fleet.pass(ReplicaSettings.defaults().stalledAfter().minusMillis(1));
    assertThat(listener.pending()).containsExactly(new PrefillStarted());
    fleet.pass(Duration.ofMillis(1));

    assertThat(listener.awaitFailure(Kind.RESOURCE_EXHAUSTED).message()).contains("full");
    assertThat(fleet.runtime.load().queued()).isZero();
  }

  @Test
  void eachLossHasAPatienceOfItsOwn() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    fleet.step();
    for (String lost : List.of("a", "b")) {
      String other = lost.equals("a") ? "b" : "a";
      fleet.replica(other).dead = false;
      fleet.pass(Duration.ofSeconds(2));
      fleet.replica(other).full(true);
      fleet.replica(lost).die();
      fleet.pass(Duration.ofSeconds(100));
      fleet.replica(other).full(false);
      fleet.pass(Duration.ofSeconds(1));
    }
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void oneThatWasOnlyQueuedWaitsToo() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    loseTo(fleet, "a");

    fleet.replica("b").full(false);
    fleet.pass(Duration.ofSeconds(1));
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void theRoomOfOneThatEndsIsTakenAtOnce() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    RecordingListener onB = new RecordingListener();
    fleet.runtime.start(request(), onB).decode(ANSWER);
    fleet.step();
    loseTo(fleet, "a");

    fleet.replica("b").full(false);
    fleet.run();

    onB.awaitAnswer();
    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void allAreTakenUpTogetherOnceThereIsRoomForAll() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.replica("b").othersBusy = 1000;
    List<RecordingListener> many =
        IntStream.range(0, 500).mapToObj(number -> new RecordingListener()).toList();
    many.forEach(one -> fleet.runtime.start(request(), one).decode(ANSWER));
    loseTo(fleet, "a");
    int asked = fleet.replica("b").requests.size();

    fleet.pass(Duration.ofSeconds(1));
    assertThat(fleet.replica("b").requests).as("one asks for all").hasSize(asked + 1);
    fleet.replica("b").full(false);
    fleet.pass(Duration.ofSeconds(1));
    assertThat(fleet.replica("b").live()).isEqualTo(many.size());
    fleet.run();

    many.forEach(one -> assertThat(one.awaitAnswer()).hasSize(ANSWER));
  }

  @Test
  void theReplicaThatWasLostTakesItBackOnceItIsWell() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener).decode(ANSWER);
    fleet.step();
    loseTo(fleet, "a");
    fleet.replica("b").die();

    fleet.pass(Duration.ofSeconds(1));
    fleet.replica("a").dead = false;
    fleet.replica("a").full(false);
    fleet.pass(Duration.ofSeconds(1));
    fleet.run();

    assertThat(listener.awaitAnswer()).hasSize(ANSWER);
  }

  @Test
  void aCallerThatClosesWaitsNoMore() throws Exception {
    Fleet fleet = Fleet.of("a", "b");
    Generation generation = fleet.runtime.start(request(), listener);
    fleet.step();
    loseTo(fleet, "a");

    generation.close();

    listener.awaitFailure(Kind.CANCELLED);
    fleet.replica("b").full(false);
    fleet.pass(Duration.ofSeconds(1));
    assertThat(fleet.replica("b").live()).isZero();
    assertThat(fleet.runtime.drain(Duration.ZERO)).isTrue();
  }

  @Test
  void closingTheRuntimeTellsThoseThatWait() throws Exception {
    Fleet fleet = Fleet.of("a", "b");
    fleet.runtime.start(request(), listener);
    fleet.step();
    loseTo(fleet, "a");

    fleet.runtime.close();

    listener.awaitFailure(Kind.UNAVAILABLE);
    assertThat(fleet.runtime.drain(Duration.ZERO)).isTrue();
  }

  /** It dies, and the others have no room. */
  private static void loseTo(Fleet fleet, String name) {
    fleet.replicas.values().forEach(replica -> replica.full(true));
    fleet.replica(name).die();
  }

  private static GenerationRequest request() {
    return Fleet.request(PrefillPlan.keepAll(), 50, ANSWER);
  }
}
