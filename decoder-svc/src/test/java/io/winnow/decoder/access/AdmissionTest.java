package io.winnow.decoder.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.access.Admission.Load;
import io.winnow.decoder.access.Admission.Ticket;
import io.winnow.decoder.chat.ChatFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AdmissionTest {

  private final ManualTimers timers = new ManualTimers();

  @Test
  void admitsTheNextWhenSomebodyLeaves() {
    Admission admission = new Admission(new Settings(1, 9, Optional.empty()), timers);
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    Ticket running = admission.enter("a", first);
    admission.enter("a", second);
    assertThat(second.events).isEmpty();

    running.leave();
    running.leave();

    assertThat(first.events).containsExactly("admitted");
    assertThat(second.events).containsExactly("admitted");
    assertThat(admission.load()).isEqualTo(new Load(1, 0));
    assertThat(timers.pending()).isZero();
  }

  @Test
  void refusesWhoWaitsTooLong() {
    Admission admission = new Admission(new Settings(1, 9, Optional.empty()), timers);
    admission.enter("a", new Recorder());
    Recorder late = new Recorder();
    admission.enter("a", late);

    timers.fireAll();

    assertThat(late.events).containsExactly("RATE_LIMITED");
    assertThat(admission.load()).isEqualTo(new Load(1, 0));
  }

  @Test
  void refusesWhoFindsALongLine() {
    Admission admission = new Admission(new Settings(1, 9, Optional.empty()), timers);
    admission.enter("a", new Recorder());
    admission.enter("a", new Recorder());
    Recorder third = new Recorder();

    admission.enter("a", third);

    assertThat(third.events).containsExactly("RATE_LIMITED");
  }

  @Test
  void forgetsWhoLeavesTheLine() {
    Admission admission = new Admission(new Settings(1, 9, Optional.empty()), timers);
    Ticket running = admission.enter("a", new Recorder());
    Recorder left = new Recorder();
    admission.enter("a", left).leave();

    running.leave();

    assertThat(left.events).isEmpty();
    assertThat(admission.load()).isEqualTo(new Load(0, 0));
    assertThat(timers.pending()).isZero();
  }

  @Test
  void limitsEachKeyOnlyWhereThereAreKeys() {
    Admission withKeys = new Admission(new Settings(2, 1, Optional.of(Path.of("keys"))), timers);
    Admission without = new Admission(new Settings(2, 1, Optional.empty()), timers);

    for (Admission admission : List.of(withKeys, without)) {
      admission.enter("a", new Recorder());
      admission.enter("a", new Recorder());
    }

    assertThat(withKeys.load()).isEqualTo(new Load(1, 1));
    assertThat(without.load()).isEqualTo(new Load(2, 0));
  }

  private static final class Recorder implements Admission.Waiter {
    private final List<String> events = new ArrayList<>();

    @Override
    public void admitted() {
      events.add("admitted");
    }

    @Override
    public void refused(ChatFailure failure) {
      events.add(failure.reason().name());
    }
  }

  private record Settings(int maxConcurrent, int maxConcurrentPerKey, Optional<Path> keyFile)
      implements AccessConfig {

    @Override
    public int maxWaitingPerKey() {
      return 1;
    }

    @Override
    public Duration maxWait() {
      return Duration.ofSeconds(1);
    }

    @Override
    public Duration keyFileReload() {
      return Duration.ofSeconds(1);
    }
  }
}
