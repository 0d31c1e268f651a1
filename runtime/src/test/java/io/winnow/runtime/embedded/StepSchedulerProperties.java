package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.embedded.StepScheduler.Action;
import io.winnow.runtime.embedded.StepScheduler.CapacityClass;
import io.winnow.runtime.embedded.StepScheduler.Phase;
import io.winnow.runtime.embedded.StepScheduler.Running;
import io.winnow.runtime.embedded.StepScheduler.State;
import io.winnow.runtime.embedded.StepScheduler.Waiting;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Drives the scheduler through whole lives of generations and watches its promises. */
class StepSchedulerProperties {

  private static final int[] CAPACITIES = {256, 1024};
  private static final int SEGMENTS = 3;

  @Property(tries = 300)
  void everyGenerationEndsAndEveryPromiseHolds(
      @ForAll("arrivals") List<Arrival> arrivals,
      @ForAll @IntRange(min = 0, max = 2) int smallSlots,
      @ForAll @IntRange(min = 1, max = 3) int largeSlots) {
    World world = new World(arrivals, new int[] {smallSlots, largeSlots});

    int limit = arrivals.stream().mapToInt(arrival -> 20 + arrival.answer()).sum() + 1000;
    for (int turn = 0; turn < limit && !world.done(); turn++) {
      world.turn(turn);
    }

    assertThat(world.done()).as("nobody starves").isTrue();
    assertThat(world.admitted).as("first come, first served").isSorted();
  }

  @Provide
  Arbitrary<List<Arrival>> arrivals() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 40),
            Arbitraries.integers().between(10, 1024),
            Arbitraries.integers().between(1, 12),
            Arbitraries.integers().between(1, 4))
        .as(Arrival::new)
        .list()
        .ofMaxSize(20);
  }

  /**
   * A generation to come.
   *
   * @param turn when
   * @param tokens KV cache that it needs
   * @param answer tokens that it decodes
   * @param slowness it has credit (and its blocking plan an answer) only every so many turns
   */
  record Arrival(int turn, int tokens, int answer, int slowness) {}

  /** A generation's progress. */
  private static final class Life {
    final long id;
    final Arrival arrival;
    int seatClass = -1;
    int segments;
    int answered;

    Life(long id, Arrival arrival) {
      this.id = id;
      this.arrival = arrival;
    }

    boolean ended() {
      return answered == arrival.answer();
    }

    Phase phase(int turn) {
      boolean can = turn % arrival.slowness() == 0;
      if (segments < SEGMENTS) {
        return can ? Phase.PREFILL_READY : Phase.PREFILL_WAITING;
      }
      return can ? Phase.DECODE_READY : Phase.DECODE_WAITING;
    }
  }

  private static final class World {
    final List<Arrival> toCome;
    final int[] slots;
    final List<Life> queue = new ArrayList<>();
    final List<Life> running = new ArrayList<>();
    final List<Long> admitted = new ArrayList<>();
    long nextId;
    boolean prefillRanLast;

    World(List<Arrival> arrivals, int[] slots) {
      this.toCome = new ArrayList<>(arrivals);
      this.slots = slots;
    }

    boolean done() {
      return toCome.isEmpty() && queue.isEmpty() && running.isEmpty();
    }

    void turn(int turn) {
      toCome.removeIf(arrival -> arrival.turn() <= turn && queue.add(new Life(nextId++, arrival)));
      State state = state(turn);
      Action action = StepScheduler.next(state);
      if (action instanceof Action.Admit admit) {
        admit(admit);
      } else if (action instanceof Action.PrefillSegment segment) {
        assertThat(prefillRanLast && someoneCanDecode(state))
            .as("two segments in a row although somebody could decode")
            .isFalse();
        prefill(segment, state);
      } else if (action instanceof Action.Decode decode) {
        decode(decode, state);
      } else {
        assertThat(state.running())
            .as("rests only when nobody can go on")
            .noneMatch(r -> r.phase() == Phase.PREFILL_READY || r.phase() == Phase.DECODE_READY);
      }
    }

    private void admit(Action.Admit admit) {
      Life life = queue.remove(0);
      assertThat(life.id).isEqualTo(admit.id());
      assertThat(CAPACITIES[admit.classIndex()]).isGreaterThanOrEqualTo(life.arrival.tokens());
      slots[admit.classIndex()]--;
      assertThat(slots[admit.classIndex()]).as("slots never exceed").isNotNegative();
      life.seatClass = admit.classIndex();
      running.add(life);
      admitted.add(life.id);
    }

    private void prefill(Action.PrefillSegment segment, State state) {
      long oldest =
          state.running().stream()
              .filter(candidate -> candidate.phase() == Phase.PREFILL_READY)
              .mapToLong(Running::id)
              .min()
              .orElseThrow();
      assertThat(segment.id()).isEqualTo(oldest);
      life(segment.id()).segments++;
      prefillRanLast = true;
    }

    private void decode(Action.Decode decode, State state) {
      List<Long> ready =
          state.running().stream()
              .filter(candidate -> candidate.phase() == Phase.DECODE_READY)
              .map(Running::id)
              .toList();
      assertThat(decode.ids()).as("all who can, together").isEqualTo(ready);
      decode.ids().forEach(id -> life(id).answered++);
      prefillRanLast = false;
      running.stream().filter(Life::ended).forEach(life -> slots[life.seatClass]++);
      running.removeIf(Life::ended);
    }

    private Life life(long id) {
      return running.stream().filter(life -> life.id == id).findFirst().orElseThrow();
    }

    private State state(int turn) {
      return new State(
          queue.stream().map(life -> new Waiting(life.id, life.arrival.tokens())).toList(),
          running.stream().map(life -> new Running(life.id, life.phase(turn))).toList(),
          List.of(
              new CapacityClass(CAPACITIES[0], slots[0]),
              new CapacityClass(CAPACITIES[1], slots[1])),
          prefillRanLast);
    }

    private static boolean someoneCanDecode(State state) {
      return state.running().stream().anyMatch(r -> r.phase() == Phase.DECODE_READY);
    }
  }
}
