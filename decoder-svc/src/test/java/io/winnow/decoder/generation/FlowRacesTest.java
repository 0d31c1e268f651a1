package io.winnow.decoder.generation;

import static io.winnow.decoder.generation.FlowFixture.ask;
import static io.winnow.decoder.generation.FlowFixture.picture;
import static io.winnow.decoder.generation.FlowFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever the order of events, one terminal event comes and nothing is held afterwards. */
class FlowRacesTest {

  private static final int RUNS = 3_000;

  @Test
  void everyInterleavingEndsOnceAndFreesEverything() {
    int finished = 0;
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      FlowFixture fixture = new FlowFixture();
      disturb(fixture, random);
      run(fixture, random);
      assertThat(fixture.listener.ended()).as("seed %d ended", seed).isTrue();
      assertThat(fixture.allFreed()).as("seed %d freed everything", seed).isTrue();
      finished += fixture.listener.summary == null ? 0 : 1;
    }
    assertThat(finished).isBetween(RUNS / 10, RUNS);
  }

  /** Lets some things go wrong. */
  private static void disturb(FlowFixture fixture, Random random) {
    Optional<ChatFailure> failure =
        Optional.of(
            ChatFailure.of(Reason.values()[random.nextInt(Reason.values().length)], "went wrong"));
    fixture.pruner.plan =
        FakePruner.KEEP_ALL.toBuilder()
            .addObserveSegments(random.nextInt(4))
            .setBlocking(random.nextBoolean())
            .build();
    switch (random.nextInt(12)) {
      case 0 -> fixture.encoder.failsToEncode = failure;
      case 1 -> fixture.encoder.failsToFetch = failure;
      case 2 -> fixture.encoder.silent = true;
      case 3 -> fixture.pruner.failure = failure;
      case 4 -> fixture.pruner.silent = true;
      case 5 -> fixture.pruner.withholdsVerdicts = true;
      case 6 -> fixture.pruner.failsAtObservation = failure;
      case 7 -> fixture.runtime.failAt(random.nextInt(4), kind(random), "went wrong");
      default -> fixture.runtime.say("a longer answer");
    }
  }

  private static RuntimeFailure.Kind kind(Random random) {
    return RuntimeFailure.Kind.values()[random.nextInt(RuntimeFailure.Kind.values().length)];
  }

  private static void run(FlowFixture fixture, Random random) {
    ChatMessage.Part[] parts =
        switch (random.nextInt(3)) {
          case 0 -> new ChatMessage.Part[] {text("a")};
          case 1 -> new ChatMessage.Part[] {picture(1), text("a")};
          default -> new ChatMessage.Part[] {picture(1), text("a"), picture(2)};
        };
    ActiveAnswer answer = fixture.flow.answer(ask(parts).stop("answ").request(), fixture.listener);
    int steps = random.nextInt(80);
    for (int i = 0; i < steps; i++) {
      if (random.nextInt(4) == 0) {
        answer.request(1 + random.nextInt(3));
      }
      if (random.nextInt(60) == 0) {
        answer.cancel();
      }
      fixture.simulation.step(random.nextInt(fixture.simulation.lanes()));
    }
    if (random.nextBoolean()) {
      answer.request(100);
    }
    fixture.simulation.settle(random);
    for (int i = 0; i < 40 && !fixture.listener.ended(); i++) {
      fixture.simulation.advance(Duration.ofSeconds(10));
    }
  }
}
