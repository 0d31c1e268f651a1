package io.winnow.runtime.triton.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LeastOutstandingTest {

  private static final EjectionSettings EJECTION =
      new EjectionSettings(2, Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(1));

  private final AtomicLong clock = new AtomicLong();
  private final List<Backend> probed = new ArrayList<>();
  private final Backend a = backend("a");
  private final Backend b = backend("b");
  private final Backend c = backend("c");
  private final LeastOutstanding router =
      new LeastOutstanding(List.of(a, b, c), probed::add, clock::get);

  @Test
  void choosesTheLeastLoadedAndTakesTurnsAmongEquals() {
    List<String> chosen = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      chosen.add(router.acquire(null).backend().address());
    }
    assertThat(chosen.subList(0, 3)).containsExactlyInAnyOrder("a", "b", "c");
    assertThat(chosen.subList(3, 6)).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void countsALeaseOnce() {
    Backend.Lease lease = router.acquire(null);
    lease.end(Status.Code.OK);
    lease.end(Status.Code.OK);
    assertThat(lease.backend().outstanding()).isZero();
  }

  @Test
  void avoidsTheOneThatFailedUnlessThereIsNoOther() {
    for (int i = 0; i < 9; i++) {
      assertThat(router.acquire(b).backend()).isNotSameAs(b);
    }
    LeastOutstanding alone = new LeastOutstanding(List.of(a), probed::add, clock::get);
    assertThat(alone.acquire(a).backend()).isSameAs(a);
  }

  @Test
  void leavesOutAServerThatFailsInARowAndProbesItWhenDue() {
    fail(a, Status.Code.UNAVAILABLE);
    assertThat(a.health().healthy()).isTrue();
    fail(a, Status.Code.DEADLINE_EXCEEDED);
    assertThat(a.health().healthy()).isFalse();
    assertNotChosen(a);
    assertThat(probed).isEmpty();

    advance(Duration.ofSeconds(1));
    router.acquire(null);
    router.acquire(null);
    assertThat(probed).containsExactly(a);
    assertNotChosen(a);
    a.health().onProbe(true, clock.get());
    assertThat(a.health().healthy()).isTrue();
  }

  @Test
  void doublesTheTimeOutUpToItsBoundWhileProbesFail() {
    fail(a, Status.Code.UNAVAILABLE);
    fail(a, Status.Code.UNAVAILABLE);
    for (int seconds : new int[] {1, 2, 4, 4}) {
      advance(Duration.ofSeconds(seconds).minusNanos(1));
      router.acquire(null);
      assertThat(probed).isEmpty();
      advance(Duration.ofNanos(1));
      router.acquire(null);
      assertThat(probed).containsExactly(a);
      probed.clear();
      a.health().onProbe(false, clock.get());
    }
  }

  @Test
  void keepsAServerWhoseFailuresAreTheCallersOwn() {
    for (Status.Code code :
        List.of(
            Status.Code.INVALID_ARGUMENT,
            Status.Code.NOT_FOUND,
            Status.Code.CANCELLED,
            Status.Code.RESOURCE_EXHAUSTED,
            Status.Code.INTERNAL)) {
      fail(a, code);
      fail(a, code);
      assertThat(a.health().healthy()).as("%s", code).isTrue();
    }
    fail(a, Status.Code.UNAVAILABLE);
    fail(a, Status.Code.INVALID_ARGUMENT); // it answered
    fail(a, Status.Code.UNAVAILABLE);
    assertThat(a.health().healthy()).isTrue();
  }

  @Test
  void triesTheOneThatIsDueFirstWhenAllAreLeftOut() {
    for (Backend backend : List.of(c, a, b)) {
      fail(backend, Status.Code.UNAVAILABLE);
      fail(backend, Status.Code.UNAVAILABLE);
      advance(Duration.ofMillis(1));
    }
    assertThat(router.acquire(null).backend()).isSameAs(c);
    assertThat(router.acquire(c).backend()).isSameAs(a);
    router.acquire(null).end(Status.Code.OK);
    assertThat(c.health().healthy()).isTrue();
  }

  @Property(tries = 200)
  void spreadsCallsEvenlyWhateverTheOrderOfTheirEnds(
      @ForAll @Size(max = 100) List<@IntRange(min = 0, max = 20) Integer> ends) {
    List<Backend> three = List.of(backend("x"), backend("y"), backend("z"));
    LeastOutstanding even = new LeastOutstanding(three, probed::add, clock::get);
    List<Backend.Lease> open = new ArrayList<>();
    for (int end : ends) {
      int least = three.stream().mapToInt(Backend::outstanding).min().orElseThrow();
      Backend.Lease lease = even.acquire(null);
      assertThat(lease.backend().outstanding()).isEqualTo(least + 1);
      open.add(lease);
      if (end < open.size()) {
        open.remove(end).end(Status.Code.OK);
      }
    }
    assertThat(three.stream().mapToInt(Backend::outstanding).sum()).isEqualTo(open.size());
  }

  private void fail(Backend backend, Status.Code code) {
    backend.lease().end(code);
  }

  private void assertNotChosen(Backend left) {
    for (int i = 0; i < 9; i++) {
      Backend.Lease lease = router.acquire(null);
      assertThat(lease.backend()).isNotSameAs(left);
      lease.end(Status.Code.CANCELLED);
    }
  }

  private void advance(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  private Backend backend(String name) {
    return new Backend(
        name,
        new AgedChannel(() -> InProcessChannelBuilder.forName(name).build(), null, clock::get),
        ClientSettings.defaults().with(SharedMemorySettings.off()).with(EJECTION),
        clock::get);
  }
}
