package io.winnow.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Own work and the room that others leave. */
class RuntimeLoadTest {

  private static final RuntimeLoad.Others OTHERS = new RuntimeLoad.Others(7, 5, 600);

  @Test
  void whatOthersHoldIsOutOfReach() {
    RuntimeLoad load = new RuntimeLoad(2, 1, 8, 100, 1000, OTHERS);

    assertThat(load.slotsWithinReach()).isEqualTo(3);
    assertThat(load.kvBytesWithinReach()).isEqualTo(400);
    assertThat(load.kvUsage()).isEqualTo(0.7);
  }

  @Test
  void servicesThatShareFullServersReportTheirSlotsOnce() {
    RuntimeLoad one = new RuntimeLoad(0, 3, 8, 0, 0, new RuntimeLoad.Others(0, 5, 0));
    RuntimeLoad other = new RuntimeLoad(0, 5, 8, 0, 0, new RuntimeLoad.Others(0, 3, 0));

    assertThat(one.slotsWithinReach() + other.slotsWithinReach()).isEqualTo(8);
  }

  @Test
  void whatOneHasIsNeverOutOfReach() {
    // Others' numbers are older than one's own.
    RuntimeLoad load = new RuntimeLoad(0, 6, 8, 700, 1000, OTHERS);

    assertThat(load.slotsWithinReach()).isEqualTo(6);
    assertThat(load.kvBytesWithinReach()).isEqualTo(700);
    assertThat(load.kvUsage()).isEqualTo(1);
  }

  @Test
  void nobodyElseLeavesEverything() {
    RuntimeLoad load = new RuntimeLoad(2, 1, 8, 100, 1000);

    assertThat(load.slotsWithinReach()).isEqualTo(8);
    assertThat(load.kvBytesWithinReach()).isEqualTo(1000);
    assertThat(load.kvUsage()).isEqualTo(0.1);
    assertThat(new RuntimeLoad(0, 0, 0, 0, 0).kvUsage()).isZero();
  }

  @Test
  void sumsAreOfAllParts() {
    RuntimeLoad load = new RuntimeLoad(2, 1, 8, 100, 1000, OTHERS);

    assertThat(load.plus(load))
        .isEqualTo(new RuntimeLoad(4, 2, 16, 200, 2000, new RuntimeLoad.Others(14, 10, 1200)));
    assertThat(load.plus(load.work())).isEqualTo(new RuntimeLoad(4, 2, 8, 200, 1000, OTHERS));
  }
}
