package io.winnow.runtime.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.contract.RecordingListener;
import io.winnow.runtime.replicas.ReplicaPool.Member;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

/** Who gets the next generation. */
class ReplicaPoolTest {

  private long now = Duration.ofDays(1).toNanos();
  private Runnable duringTheQuestion = () -> {};

  @Test
  void theLeastLoadedGetsIt() {
    Fleet fleet = Fleet.of("a", "b", "c");
    fleet.replica("a").othersBusy = 3; // of 4
    fleet.replica("b").othersBusy = 3;
    fleet.replica("b").slots = 16;
    fleet.replica("c").othersBusy = 1;

    assertThat(startedOn(fleet)).isEqualTo("b");
    assertThat(startedOn(fleet)).isEqualTo("c");
    assertThat(startedOn(fleet)).isEqualTo("b");
  }

  @Test
  void equalsTakeTurns() {
    Fleet fleet = Fleet.of("a", "b", "c");

    for (int round = 0; round < 4; round++) {
      startedOn(fleet);
      startedOn(fleet);
      startedOn(fleet);
      assertThat(fleet.replicas.values()).extracting(FakeReplica::live).containsOnly(round + 1);
    }
  }

  @Test
  void aReplicaThatLosesWorkIsLeftAloneLongerEachTime() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.replica("b").othersBusy = 2;
    for (int seconds : new int[] {1, 2, 4, 8, 16, 30, 30}) {
      assertThat(startedOn(fleet)).isEqualTo("a");
      loseWork(fleet, "a");

      fleet.pass(Duration.ofSeconds(seconds).minusMillis(1));
      assertThat(startedOn(fleet)).as("%s s", seconds).isEqualTo("b");
      fleet.pass(Duration.ofMillis(1));
    }
  }

  @Test
  void aReplicaThatFinishesSomethingIsTrustedAgain() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.replica("b").othersBusy = 2;
    for (int loss = 0; loss < 3; loss++) {
      startedOn(fleet);
      loseWork(fleet, "a");
      fleet.pass(Duration.ofSeconds(30));
    }
    RecordingListener listener = new RecordingListener();
    fleet.runtime.start(Fleet.request(PrefillPlan.keepAll(), 50, 2), listener).decode(2);
    fleet.run();
    listener.awaitAnswer();

    assertThat(startedOn(fleet)).isEqualTo("a");
    loseWork(fleet, "a");
    fleet.pass(Duration.ofSeconds(1));

    assertThat(startedOn(fleet)).isEqualTo("a");
  }

  @Test
  void oneThatIsNotReadyGetsNothingUntilItIs() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.replica("a").ready = false;
    fleet.pass(Duration.ofSeconds(1));

    assertThat(startedOn(fleet)).isEqualTo("b");
    assertThat(startedOn(fleet)).isEqualTo("b");

    fleet.replica("a").ready = true;
    fleet.pass(Duration.ofSeconds(1));
    assertThat(startedOn(fleet)).isEqualTo("a");
  }

  @Test
  void newReplicasTakeWorkAndVanishedOnesFinishTheirs() {
    Fleet fleet = Fleet.of("a");
    RecordingListener listener = new RecordingListener();
    fleet.runtime.start(Fleet.request(PrefillPlan.keepAll(), 50, 2), listener).decode(2);
    FakeReplica gone = fleet.replica("a");
    fleet.replicas.put("b", new FakeReplica());
    fleet.replicas.remove("a");

    fleet.pass(Duration.ofSeconds(9));
    assertThat(fleet.runtime.names()).containsExactly("a");
    fleet.pass(Duration.ofSeconds(1));
    assertThat(fleet.runtime.names()).containsExactly("b");
    assertThat(startedOn(fleet)).isEqualTo("b");
    assertThat(gone.closed).isFalse();

    while (gone.step()) {}
    assertThat(listener.awaitAnswer()).hasSize(2);
    fleet.pass(Duration.ofSeconds(1));
    assertThat(gone.closed).isTrue();
  }

  @Test
  void aLookUpThatFailsOrFindsNobodyChangesNothing() {
    Fleet fleet = Fleet.of("a");
    fleet.lookupProblem = Optional.of(new IOException("no such name"));
    fleet.pass(Duration.ofSeconds(10));
    assertThat(startedOn(fleet)).isEqualTo("a");

    fleet.lookupProblem = Optional.empty();
    FakeReplica known = fleet.replicas.remove("a");
    fleet.pass(Duration.ofSeconds(10));
    assertThat(fleet.runtime.names()).containsExactly("a");
    assertThat(known.closed).isFalse();
  }

  @Test
  void oneThatLostWorkIsNotReadyUntilItIsAskedAgain() {
    ReplicaPool<DecoderRuntime> pool = pool(Runnable::run);
    Member<DecoderRuntime> member = pool.choose(Set.of()).orElseThrow();
    assertThat(pool.isReady(member)).isTrue();

    pool.lost(member);
    assertThat(pool.isReady(member)).isFalse();
    now += ReplicaSettings.defaults().ejection().toNanos();
    assertThat(pool.well()).as("not ejected any more, but not asked").isEmpty();
    pool.ask(Runnable::run);

    assertThat(pool.isReady(member)).isTrue();
    assertThat(pool.well()).containsExactly(member);
  }

  @Test
  void anAnswerFromBeforeALossCountsForNothing() {
    ReplicaPool<DecoderRuntime> pool = pool(Runnable::run);
    Member<DecoderRuntime> member = pool.choose(Set.of()).orElseThrow();
    duringTheQuestion = () -> pool.lost(member);

    pool.ask(Runnable::run);

    assertThat(pool.isReady(member)).isFalse();
  }

  @Test
  void aReplicaThatIsSlowToAnswerHoldsUpNoOther() {
    List<Runnable> questions = new ArrayList<>();
    ReplicaPool<DecoderRuntime> pool = pool(questions::add);
    assertThat(questions).hasSize(1);

    pool.ask(questions::add);
    assertThat(questions).as("not asked again meanwhile").hasSize(1);
    questions.remove(0).run();
    pool.ask(questions::add);
    assertThat(questions).hasSize(1);
    assertThat(pool.well()).hasSize(1);
  }

  @Test
  void aReplicaThatCannotBeOpenedOrAskedHoldsUpNoOther() {
    Fleet fleet = Fleet.of("a", "b");
    fleet.broken.add("c");
    fleet.replicas.put("c", new FakeReplica());
    fleet.replica("a").defect = true;

    fleet.pass(Duration.ofSeconds(10));
    assertThat(fleet.runtime.names()).containsExactly("a", "b");
    assertThat(startedOn(fleet)).isEqualTo("b");
    fleet.broken.clear();
    fleet.pass(Duration.ofSeconds(10));
    assertThat(startedOn(fleet)).isEqualTo("c");
  }

  /** One of a single replica that is ready, and was asked. */
  private ReplicaPool<DecoderRuntime> pool(Executor askers) {
    FakeReplica fake = new FakeReplica();
    ReplicaSource<DecoderRuntime> source =
        new ReplicaSource<>() {
          @Override
          public Set<String> names() {
            return Set.of("a");
          }

          @Override
          public Replica<DecoderRuntime> open(String name) {
            return new Replica<>(
                fake,
                () -> {
                  duringTheQuestion.run();
                  return true;
                });
          }
        };
    ReplicaPool<DecoderRuntime> pool =
        new ReplicaPool<>(source, Member::working, ReplicaSettings.defaults(), () -> now);
    pool.lookUp();
    pool.ask(askers);
    return pool;
  }

  /** It dies and is back at once; nothing is left of what ran anywhere. */
  private static void loseWork(Fleet fleet, String name) {
    fleet.replica(name).die();
    fleet.replica(name).dead = false;
    fleet
        .replicas
        .values()
        .forEach(replica -> replica.endAll(new RuntimeFailure(Kind.INTERNAL, "a defect")));
  }

  private static String startedOn(Fleet fleet) {
    Map<String, Integer> before = new HashMap<>();
    fleet.replicas.forEach((name, replica) -> before.put(name, replica.requests.size()));
    fleet.runtime.start(Fleet.request(PrefillPlan.keepAll(), 50, 2), new RecordingListener());
    return fleet.replicas.entrySet().stream()
        .filter(entry -> entry.getValue().requests.size() > before.get(entry.getKey()))
        .findFirst()
        .orElseThrow()
        .getKey();
  }
}
