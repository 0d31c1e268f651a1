package io.winnow.decoder.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.winnow.decoder.access.FairQueue.Limits;
import io.winnow.decoder.access.FairQueue.Offer;
import org.junit.jupiter.api.Test;

final class FairQueueTest {

  @Test
  void servesWaitingKeysInTurn() {
    FairQueue<String> queue = new FairQueue<>(new Limits(1, 1, 9));
    queue.offer("a", "a0");
    queue.offer("a", "a1");
    queue.offer("a", "a2");
    queue.offer("b", "b1");
    queue.offer("c", "c1");
    queue.offer("b", "b2");

    assertThat(queue.release("a")).contains("a1");
    assertThat(queue.release("a")).contains("b1");
    assertThat(queue.release("b")).contains("c1");
    assertThat(queue.release("c")).contains("a2");
    assertThat(queue.release("a")).contains("b2");
    assertThat(queue.release("b")).isEmpty();
  }

  @Test
  void passesOverAKeyAtItsOwnLimit() {
    FairQueue<String> queue = new FairQueue<>(new Limits(2, 1, 9));
    queue.offer("a", "a0");
    queue.offer("b", "b0");
    queue.offer("a", "a1");
    queue.offer("c", "c1");

    assertThat(queue.release("b")).contains("c1");
    assertThat(queue.release("a")).contains("a1");
  }

  @Test
  void letsAKeyWaitAtItsOwnLimitThoughThereIsRoom() {
    FairQueue<String> queue = new FairQueue<>(new Limits(5, 1, 1));

    assertThat(queue.offer("a", "a0")).isEqualTo(Offer.RUNS);
    assertThat(queue.offer("a", "a1")).isEqualTo(Offer.WAITS);
    assertThat(queue.offer("a", "a2")).isEqualTo(Offer.REFUSED);
    assertThat(queue.offer("b", "b0")).isEqualTo(Offer.RUNS);
  }

  @Test
  void forgetsWhoLeavesTheLine() {
    FairQueue<String> queue = new FairQueue<>(new Limits(1, 1, 2));
    queue.offer("a", "a0");
    queue.offer("b", "b1");

    assertThat(queue.cancel("b", "b1")).isTrue();
    assertThat(queue.cancel("b", "b1")).isFalse();
    assertThat(queue.release("a")).isEmpty();
  }

  @Test
  void refusesToReleaseWhatDoesNotRun() {
    FairQueue<String> queue = new FairQueue<>(new Limits(1, 1, 1));

    assertThatIllegalArgumentException().isThrownBy(() -> queue.release("a"));
    assertThatIllegalArgumentException().isThrownBy(() -> new Limits(0, 1, 1));
  }
}
