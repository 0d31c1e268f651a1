package io.winnow.decoder.generation;

import static io.winnow.decoder.generation.FlowFixture.ask;
import static io.winnow.decoder.generation.FlowFixture.picture;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** An encoder replica that stops: another takes the picture, if nothing was made of it yet. */
class FlowEncoderLossTest {

  private final FlowFixture fixture = new FlowFixture();

  /** Two pictures, of which the first alone is lost, once. */
  @Test
  void anotherReplicaEncodesThePicture() {
    lose(1, Reason.UNAVAILABLE);
    fixture.answer(ask(picture(1), picture(2)).request());

    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(fixture.listener.summary).isNotNull();
    assertThat(fixture.listener.failure).isNull();
    assertThat(fixture.encoder.encodings)
        .extracting(encoding -> encoding.content[0])
        .containsExactly((byte) 1, (byte) 2, (byte) 1);
    assertThat(fixture.pruner.decisions).hasSize(1);
    assertThat(fixture.allFreed()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(
      value = Reason.class,
      names = {"UNAVAILABLE", "CANCELLED"})
  void aSecondTimeAfterAPauseAndNeverAThird(Reason reason) {
    lose(3, reason);
    fixture.answer(ask(picture(1)).request());
    assertThat(fixture.encoder.encodings).hasSize(2);
    assertThat(fixture.listener.failure).isNull();
    fixture.simulation.advance(PictureEncodings.PAUSE);

    assertThat(fixture.encoder.encodings).hasSize(PictureEncodings.ATTEMPTS);
    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(fixture.allFreed()).isTrue();
    fixture.simulation.advance(Duration.ofMinutes(1));
    assertThat(fixture.encoder.encodings).hasSize(PictureEncodings.ATTEMPTS);
  }

  /** Another replica would say the same, or get the load of one that is full on top. */
  @ParameterizedTest
  @EnumSource(
      value = Reason.class,
      mode = Mode.EXCLUDE,
      names = {"UNAVAILABLE", "CANCELLED"})
  void otherFailuresAreNotTriedAgain(Reason reason) {
    lose(1, reason);
    fixture.answer(ask(picture(1)).request());

    assertThat(fixture.encoder.encodings).hasSize(1);
    assertThat(fixture.listener.failure).isNotNull();
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void afterTheLayoutItIsTooLate() {
    fixture.encoder.failsToFetch = Optional.of(ChatFailure.of(Reason.UNAVAILABLE, "gone"));
    fixture.answer(ask(picture(1)).request());

    assertThat(fixture.encoder.encodings).hasSize(1);
    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void everyCallHasWhatIsLeftOfTheTime() {
    lose(2, Reason.UNAVAILABLE);
    fixture.answer(ask(picture(1)).timeout(Duration.ofSeconds(9)).request());
    fixture.simulation.advance(PictureEncodings.PAUSE);

    Duration all = Duration.ofSeconds(9);
    assertThat(fixture.encoder.encodings)
        .extracting(encoding -> encoding.timeout)
        .containsExactly(all, all, all.minus(PictureEncodings.PAUSE));
    assertThat(fixture.listener.text()).isEqualTo("yes");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 250})
  void noPauseReachesBeyondTheDeadline(long millis) {
    lose(3, Reason.UNAVAILABLE);
    fixture.answer(ask(picture(1)).timeout(Duration.ofMillis(millis)).request());

    assertThat(fixture.encoder.encodings).hasSize(2);
    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void whoCancelsInThePauseHasNothingSentAgain() {
    lose(3, Reason.UNAVAILABLE);
    ActiveAnswer answer = fixture.answer(ask(picture(1)).request());
    answer.cancel();
    fixture.simulation.settle();
    fixture.simulation.advance(Duration.ofMinutes(1));

    assertThat(fixture.encoder.encodings).hasSize(2);
    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.CANCELLED);
    assertThat(fixture.allFreed()).isTrue();
  }

  private void lose(int encodings, Reason reason) {
    fixture.encoder.failsToEncode = Optional.of(ChatFailure.of(reason, "gone"));
    fixture.encoder.encodingsThatFail = encodings;
  }
}
