package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.embedded.StepScheduler.Action;
import io.winnow.runtime.embedded.StepScheduler.CapacityClass;
import io.winnow.runtime.embedded.StepScheduler.Phase;
import io.winnow.runtime.embedded.StepScheduler.Running;
import io.winnow.runtime.embedded.StepScheduler.State;
import io.winnow.runtime.embedded.StepScheduler.Waiting;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepSchedulerTest {

  private static final List<CapacityClass> FREE =
      List.of(new CapacityClass(256, 2), new CapacityClass(1024, 2));
  private static final List<CapacityClass> FULL =
      List.of(new CapacityClass(256, 0), new CapacityClass(1024, 0));

  @Test
  void restsWhenThereIsNothing() {
    assertThat(next(List.of(), List.of(), FREE, false)).isEqualTo(new Action.Rest());
  }

  @Test
  void admitsTheHeadOfTheQueueToTheSmallestClassThatFits() {
    List<Waiting> queued = List.of(new Waiting(7, 256), new Waiting(8, 20));

    assertThat(next(queued, List.of(), FREE, false)).isEqualTo(new Action.Admit(7, 0));
    assertThat(next(List.of(new Waiting(7, 257)), List.of(), FREE, false))
        .isEqualTo(new Action.Admit(7, 1));
  }

  @Test
  void takesALargerClassRatherThanWaitForAFullOne() {
    List<CapacityClass> smallFull = List.of(new CapacityClass(256, 0), new CapacityClass(1024, 1));

    assertThat(next(List.of(new Waiting(7, 20)), List.of(), smallFull, false))
        .isEqualTo(new Action.Admit(7, 1));
  }

  @Test
  void aHeadThatMustWaitHoldsTheQueue() {
    List<CapacityClass> largeFull = List.of(new CapacityClass(256, 1), new CapacityClass(1024, 0));
    List<Waiting> queued = List.of(new Waiting(7, 1000), new Waiting(8, 20));

    assertThat(next(queued, List.of(), largeFull, false)).isEqualTo(new Action.Rest());
  }

  @Test
  void alternatesSegmentsAndSteps() {
    List<Running> running =
        List.of(
            new Running(1, Phase.DECODE_READY),
            new Running(2, Phase.PREFILL_READY),
            new Running(3, Phase.PREFILL_READY),
            new Running(4, Phase.DECODE_READY));

    assertThat(next(List.of(), running, FULL, false)).isEqualTo(new Action.PrefillSegment(2));
    assertThat(next(List.of(), running, FULL, true)).isEqualTo(new Action.Decode(List.of(1L, 4L)));
  }

  @Test
  void runsSegmentAfterSegmentWhenNobodyCanDecode() {
    List<Running> running =
        List.of(new Running(1, Phase.DECODE_WAITING), new Running(2, Phase.PREFILL_READY));

    assertThat(next(List.of(), running, FULL, true)).isEqualTo(new Action.PrefillSegment(2));
  }

  @Test
  void passesOverAPrefillThatWaitsForAnAnswer() {
    List<Running> running =
        List.of(new Running(1, Phase.PREFILL_WAITING), new Running(2, Phase.PREFILL_READY));

    assertThat(next(List.of(), running, FULL, false)).isEqualTo(new Action.PrefillSegment(2));
  }

  private static Action next(
      List<Waiting> queued,
      List<Running> running,
      List<CapacityClass> classes,
      boolean prefillRanLast) {
    return StepScheduler.next(new State(queued, running, classes, prefillRanLast));
  }
}
