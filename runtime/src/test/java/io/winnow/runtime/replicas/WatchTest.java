package io.winnow.runtime.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.replicas.ReplicaPool.Member;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What goes on while something else does not. */
class WatchTest {

  private static final Duration OFTEN = Duration.ofMillis(1);

  private final CountDownLatch released = new CountDownLatch(1);

  @Test
  void aRoundThatFailsIsNotTheLast() throws Exception {
    CountDownLatch rounds = new CountDownLatch(3);
    Ticker ticker =
        new Ticker(
            "test",
            OFTEN,
            () -> {
              rounds.countDown();
              throw new AssertionError("even an Error");
            });
    ticker.start();

    assertThat(rounds.await(30, TimeUnit.SECONDS)).isTrue();
    ticker.stop();
  }

  @Test
  void aLookUpThatHangsStopsNoRound() throws Exception {
    assertRoundsGoOn(new Hanging(true));
  }

  @Test
  void aReplicaThatDoesNotAnswerStopsNoRound() throws Exception {
    assertRoundsGoOn(new Hanging(false));
  }

  private void assertRoundsGoOn(Hanging source) throws Exception {
    ReplicaPool<DecoderRuntime> pool =
        new ReplicaPool<>(source, Member::working, ReplicaSettings.defaults(), System::nanoTime);
    CountDownLatch rounds = new CountDownLatch(3);
    Watch watch =
        new Watch(
            "test",
            OFTEN,
            pool,
            () -> {
              if (source.hangs.getCount() == 0) {
                rounds.countDown();
              }
            });
    watch.start();

    assertThat(rounds.await(30, TimeUnit.SECONDS)).isTrue();
    released.countDown();
    watch.stop();
  }

  /** Looking it up hangs, or asking the only replica. */
  private final class Hanging implements ReplicaSource<DecoderRuntime> {

    private final boolean lookUp;
    private final CountDownLatch hangs = new CountDownLatch(1);

    Hanging(boolean lookUp) {
      this.lookUp = lookUp;
    }

    @Override
    public Set<String> names() {
      if (lookUp) {
        hang();
      }
      return Set.of("a");
    }

    @Override
    public Replica<DecoderRuntime> open(String name) {
      return new Replica<>(
          new FakeReplica(),
          () -> {
            hang();
            return true;
          });
    }

    private void hang() {
      hangs.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
