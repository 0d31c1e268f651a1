package io.winnow.decoder.generation;

import static io.winnow.decoder.generation.FlowFixture.ask;
import static io.winnow.decoder.generation.FlowFixture.picture;
import static io.winnow.decoder.generation.FlowFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerListener;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatMessage.Role;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.runtime.RuntimeFailure;
import io.winnow.v1.Plan;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class FlowFailureTest {

  private final FlowFixture fixture = new FlowFixture();

  @Test
  void refusesAnUnknownModel() {
    assertRefused(ask(text("a")).model("gpt"), Reason.MODEL_NOT_FOUND, "model");
  }

  @Test
  void refusesAConversationThatDoesNotEndWithTheUser() {
    assertRefused(
        ask(text("a")).then(Role.ASSISTANT, text("b")), Reason.INVALID_REQUEST, "messages[1].role");
  }

  @Test
  void refusesAnEmptyPicture() {
    assertRefused(
        ask(text("a"), new ChatMessage.PictureFile(new byte[0])),
        Reason.PICTURE_UNREADABLE,
        "messages[0].content[1]");
  }

  @Test
  void refusesAPictureAboveTheLimit() {
    assertRefused(
        ask(new ChatMessage.PictureFile(new byte[1_001])),
        Reason.PICTURE_TOO_LARGE,
        "messages[0].content[0]");
  }

  @Test
  void refusesAPictureUrlThatNobodyFetched() {
    assertRefused(
        ask(text("a"), new ChatMessage.PictureUrl(URI.create("http://a/b.png"))),
        Reason.PICTURE_URL_REFUSED,
        "messages[0].content[1]");
  }

  @Test
  void refusesMorePicturesThanAllowed() {
    ChatMessage.Part[] nine = new ChatMessage.Part[9];
    Arrays.fill(nine, picture(1));
    assertRefused(ask(nine), Reason.INVALID_REQUEST, "messages");
  }

  @Test
  void refusesWhatTheTemplateRefuses() {
    assertRefused(ask(text("refuse")), Reason.INVALID_REQUEST, "messages");
  }

  @Test
  void saysWhatAPromptAboveTheContextHolds() {
    fixture.answer(ask(picture(1), picture(2), text("x".repeat(31))).request());

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.CONTEXT_LENGTH_EXCEEDED);
    assertThat(fixture.listener.failure.message())
        .contains("41 tokens", "33 of text, 8 of 2 pictures", "holds 40", "fewer pictures");
    assertThat(fixture.encoder.encodings).isEmpty();
    assertThat(fixture.pruner.decisions).isEmpty();
  }

  @Test
  void refusesAPromptThatLeavesNoRoomForAToken() {
    fixture.answer(ask(text("x".repeat(38))).request());

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.CONTEXT_LENGTH_EXCEEDED);
  }

  @Test
  void answersAPromptThatLeavesRoomForOneToken() {
    fixture.answer(ask(text("x".repeat(37))).request());

    assertThat(fixture.listener.text()).isEqualTo("y");
  }

  @Test
  void refusesAHugeTextBeforeItIsRendered() {
    // The template would refuse it for another reason.
    ChatRequest huge = ask(text("refuse"), text("x".repeat(7 << 20))).request();
    fixture.answer(huge);

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.CONTEXT_LENGTH_EXCEEDED);
    assertThat(fixture.listener.failure.message())
        .contains("characters of text", "40 tokens", "shorten");
    assertThatThrownBy(() -> fixture.flow.count(huge))
        .isInstanceOfSatisfying(
            ChatFailureException.class,
            thrown -> assertThat(thrown.failure()).isEqualTo(fixture.listener.failure));
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void throwsTheSameFailureWhenCounting() {
    assertThatThrownBy(() -> fixture.flow.count(ask(text("a")).model("gpt").request()))
        .isInstanceOf(ChatFailureException.class);
  }

  @Test
  void namesThePictureThatCannotBeRead() {
    fixture.encoder.failsToEncode =
        Optional.of(ChatFailure.of(Reason.PICTURE_UNREADABLE, "no picture"));
    assertRefused(ask(text("a"), picture(1)), Reason.PICTURE_UNREADABLE, "messages[0].content[1]");
  }

  @Test
  void failsWhenTheTokensDoNotCome() {
    fixture.encoder.failsToFetch = Optional.of(ChatFailure.of(Reason.OVERLOADED, "full"));
    assertFailed(ask(picture(1), picture(2)), Reason.OVERLOADED);
    assertThat(fixture.pruner.last().outcome.getCompleted()).isFalse();
  }

  @Test
  void refusesAnEncoderOfAnotherExport() {
    fixture.encoder.tokens = 9;
    assertFailed(ask(picture(1)), Reason.INTERNAL);
    assertThat(fixture.listener.failure.message()).contains("same export");
  }

  @Test
  void answersWithoutThePruner() {
    fixture.pruner.failure = Optional.of(ChatFailure.of(Reason.UNAVAILABLE, "gone"));
    fixture.answer(ask(picture(1)).request());

    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(fixture.listener.summary.reduction().method()).isEqualTo("none");
    assertThat(fixture.listener.summary.reduction().reason()).contains("pruner-svc", "gone");
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void answersWithoutAPlanThatIsLate() {
    fixture.pruner.silent = true;
    fixture.answer(ask(picture(1)).request());
    assertThat(fixture.listener.started).isNull();
    fixture.simulation.advance(Duration.ofSeconds(2));

    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(fixture.listener.summary.reduction().reason()).contains("2000 ms");
    assertThat(fixture.listener.summary.timings().decide()).isEqualTo(Duration.ofSeconds(2));
    assertThat(fixture.pruner.last().cancelled).isTrue();
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void failsWhereThePrunerRefusesTheWish() {
    fixture.pruner.failure =
        Optional.of(
            ChatFailure.of(Reason.INVALID_REQUEST, "no method x", "visual_token_reduction.method"));
    assertRefused(ask(picture(1)), Reason.INVALID_REQUEST, "visual_token_reduction.method");
  }

  @Test
  void namesThePartOfAPlanThatCannotBeHonoured() {
    fixture.pruner.plan = Plan.newBuilder(FakePruner.KEEP_ALL).addKeep(3).build();
    assertFailed(ask(picture(1)), Reason.INTERNAL);
    assertThat(fixture.listener.failure.message()).contains("plan", "keep");
  }

  @Test
  void passesTheRuntimesRefusalOn() {
    fixture.runtime.failAt(0, RuntimeFailure.Kind.RESOURCE_EXHAUSTED, "queue is full");
    assertFailed(ask(text("a")), Reason.OVERLOADED);
  }

  @Test
  void failsAfterTheFirstToken() {
    fixture.runtime.failAt(2, RuntimeFailure.Kind.UNAVAILABLE, "stopping");
    assertFailed(ask(text("a")), Reason.UNAVAILABLE);
    assertThat(fixture.listener.text()).isEqualTo("ye");
    assertThat(fixture.pruner.last().outcome.getCompleted()).isFalse();
  }

  @Test
  void timesOutAtEveryStage() {
    fixture.encoder.silent = true;
    fixture.answer(ask(picture(1)).timeout(Duration.ofSeconds(9)).request());
    fixture.simulation.advance(Duration.ofSeconds(9));

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(fixture.listener.failure.message()).contains("9000 ms", "encoding the pictures");
    assertThat(fixture.encoder.encodings.get(0).cancelled).isTrue();
    assertThat(fixture.encoder.encodings.get(0).timeout).isEqualTo(Duration.ofSeconds(9));
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void cancelsAtEveryHop() {
    fixture.encoder.silent = true;
    ActiveAnswer answer = fixture.answer(ask(picture(1), picture(2)).request());
    answer.cancel();
    answer.cancel();
    fixture.simulation.settle();

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.CANCELLED);
    assertThat(fixture.encoder.encodings).allMatch(encoding -> encoding.cancelled);
    assertThat(fixture.pruner.last().cancelled).isTrue();
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void dropsWhatArrivesAfterTheEnd() {
    ActiveAnswer answer = fixture.flow.answer(ask(picture(1)).request(), fixture.listener);
    fixture.simulation.step(0);
    answer.cancel();
    fixture.simulation.step(fixture.simulation.lanes() - 1); // the layout, behind the cancellation
    fixture.simulation.settle();

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.CANCELLED);
    assertThat(fixture.pruner.last().begin).isNull();
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void cancelsAReaderThatTakesNothing() {
    ActiveAnswer answer = fixture.flow.answer(ask(text("a")).request(), fixture.listener);
    answer.request(1);
    fixture.simulation.advance(Duration.ofSeconds(29));
    assertThat(fixture.listener.ended()).isFalse();
    answer.request(1);
    fixture.simulation.advance(Duration.ofSeconds(29));
    assertThat(fixture.listener.ended()).isFalse();
    fixture.simulation.advance(Duration.ofSeconds(2));

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(fixture.listener.failure.message()).contains("reader", "30 s");
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void endsWhenTheListenerThrows() {
    fixture
        .flow
        .answer(
            ask(text("a")).request(),
            new AnswerListener() {
              @Override
              public void onStarted(AnswerStarted started) {
                throw new IllegalStateException("a defect");
              }

              @Override
              public void onDelta(AnswerDelta delta) {}

              @Override
              public void onFinished(AnswerSummary summary) {}

              @Override
              public void onFailed(ChatFailure failure) {
                fixture.listener.onFailed(failure);
              }
            })
        .request(9);
    fixture.simulation.settle();

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.INTERNAL);
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void refusesAnswersAboveTheLimitAndTakesThemAgain() {
    fixture.encoder.silent = true;
    ActiveAnswer first = fixture.flow.answer(ask(picture(1)).request(), new RecordingListener());
    for (int i = 1; i < FlowFixture.LIMITS.maxAnswers(); i++) {
      fixture.flow.answer(ask(picture(1)).request(), new RecordingListener());
    }
    fixture.answer(ask(text("a")).request());
    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.OVERLOADED);
    first.cancel();
    fixture.simulation.settle();
    RecordingListener next = new RecordingListener();
    fixture.flow.answer(ask(text("a")).request(), next).request(9);
    fixture.simulation.settle();

    assertThat(next.text()).isEqualTo("yes");
  }

  @Test
  void refusesPicturesAboveTheBytesOfAllAnswers() {
    fixture.encoder.silent = true;
    ChatMessage.Part large = new ChatMessage.PictureFile(new byte[1_000]);
    ActiveAnswer first = fixture.flow.answer(ask(large).request(), new RecordingListener());
    fixture.flow.answer(ask(large).request(), new RecordingListener());
    fixture.answer(ask(picture(1)).request());
    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.OVERLOADED);
    first.cancel();
    fixture.simulation.settle();
    fixture.flow.answer(ask(large).request(), new RecordingListener());

    assertThat(fixture.flow.liveAnswers()).isEqualTo(2);
  }

  @Test
  void refusesNewAnswersWhileItDrains() throws InterruptedException {
    fixture.flow.answer(ask(text("a")).request(), fixture.listener).request(1);
    fixture.simulation.settle();
    assertThat(fixture.flow.drain(Duration.ZERO)).isFalse();
    RecordingListener late = new RecordingListener();
    fixture.flow.answer(ask(text("a")).request(), late);
    fixture.simulation.settle();

    assertThat(late.failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.UNAVAILABLE);
    assertThat(fixture.flow.drain(Duration.ZERO)).isTrue();
  }

  @Test
  void refusesNewAnswersAfterItsThreadsAreGone() throws InterruptedException {
    GenerationFlow stopped =
        new GenerationFlow(
            List.of(new AnsweringModel(FlowFixture.manifest(), 0, new FakeText(), fixture.runtime)),
            new FlowPorts(
                fixture.encoder,
                fixture.pruner,
                task -> {
                  throw new RejectedExecutionException("shut down");
                },
                fixture.simulation,
                () -> 4711),
            FlowFixture.LIMITS);
    stopped.drain(Duration.ZERO);
    stopped.answer(ask(text("a")).request(), fixture.listener).request(1);

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.UNAVAILABLE);
  }

  @Test
  void knowsWhenARuntimeHasDied() {
    assertThat(fixture.flow.ready()).isTrue();
    fixture.runtime.die();

    assertThat(fixture.flow.ready()).isFalse();
  }

  @Test
  void isNotReadyWhileItDrains() throws InterruptedException {
    fixture.flow.drain(Duration.ZERO);

    assertThat(fixture.flow.ready()).isFalse();
  }

  private void assertRefused(FlowFixture.Ask ask, Reason reason, String param) {
    assertFailed(ask, reason);
    assertThat(fixture.listener.failure.param()).contains(param);
  }

  private void assertFailed(FlowFixture.Ask ask, Reason reason) {
    ChatRequest request = ask.request();
    fixture.answer(request);
    assertThat(fixture.listener.failure).isNotNull();
    assertThat(fixture.listener.failure.reason()).isEqualTo(reason);
    assertThat(fixture.allFreed()).isTrue();
  }
}
