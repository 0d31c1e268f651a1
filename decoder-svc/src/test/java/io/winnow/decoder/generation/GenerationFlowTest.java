package io.winnow.decoder.generation;

import static io.winnow.decoder.generation.FlowFixture.ask;
import static io.winnow.decoder.generation.FlowFixture.picture;
import static io.winnow.decoder.generation.FlowFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.AnswerSummary.Finish;
import io.winnow.decoder.chat.AnswerSummary.Reduction;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.ChatMessage.Role;
import io.winnow.decoder.chat.ChatService.PromptCount;
import io.winnow.decoder.chat.ReductionWish;
import io.winnow.runtime.Prompt;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.PictureDetail;
import io.winnow.v1.PictureSignals;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class GenerationFlowTest {

  private final FlowFixture fixture = new FlowFixture();

  @Test
  void answersAQuestionAboutAPicture() {
    fixture.answer(ask(picture(1), text("what?")).request());

    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(fixture.listener.started.prompt()).isEqualTo(new PromptCount(7, 4));
    assertThat(fixture.listener.started.seed()).isEqualTo(4711);
    assertThat(fixture.listener.summary.finish()).isEqualTo(Finish.STOP);
    assertThat(fixture.listener.summary.reduction())
        .isEqualTo(new Reduction("none", 1, "as told", Optional.empty()));
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void countsTheTokensOfPromptAndAnswer() {
    fixture.answer(ask(picture(1), text("what?")).request());

    assertThat(fixture.listener.summary.usage().promptTokens()).isEqualTo(11);
    assertThat(fixture.listener.summary.usage().completionTokens()).isEqualTo(4);
    assertThat(fixture.listener.summary.usage().imageTokens()).isEqualTo(4);
    assertThat(fixture.listener.summary.usage().imageTokensKept()).isEqualTo(4);
  }

  @Test
  void putsTheTokensOfEachPictureInItsPlace() {
    fixture.answer(
        ask(picture(1), text("a"), picture(2))
            .then(Role.ASSISTANT, text("b"))
            .then(Role.USER, text("c"))
            .request());

    Prompt prompt = fixture.runtime.last().request.prompt();
    assertThat(prompt.tokenIds()).containsExactly(1, 4, 4, 4, 4, 'a', 4, 4, 4, 4, 'b', 'c', 3);
    assertThat(prompt.spans()).containsExactly(-1, 0, 0, 0, 0, -1, 1, 1, 1, 1, -1, -1, -1);
    assertThat(prompt.nextPosition()).isEqualTo(13);
    FloatBuffer tokens = prompt.visualTokens();
    assertThat(tokens.isDirect()).isTrue();
    assertThat(tokens.remaining()).isEqualTo(8 * FlowFixture.HIDDEN);
    assertThat(tokens.get(0)).isEqualTo(100);
    assertThat(tokens.get(7)).isEqualTo(103);
    assertThat(tokens.get(8)).isEqualTo(200);
  }

  @Test
  void asksThePrunerEvenWithoutPictures() {
    fixture.answer(ask(text("hello")).request());

    assertThat(fixture.encoder.encodings).isEmpty();
    assertThat(fixture.pruner.last().begin.getTextTokens()).isEqualTo(7);
    assertThat(fixture.listener.text()).isEqualTo("yes");
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void tellsThePrunerTheShapeTheWishAndThePictures() {
    ReductionWish wish =
        new ReductionWish(
            "fitprune",
            Optional.of(new ReductionWish.FlopsRatio(0.5)),
            OptionalInt.of(3),
            OptionalLong.of(-7),
            true);
    fixture.answer(
        ask(text("ab"), picture(1, Detail.LOW), picture(2, Detail.HIGH)).wish(wish).request());

    DecideBegin begin = fixture.pruner.last().begin;
    assertThat(begin.getModel()).isEqualTo("fake");
    assertThat(begin.getShape().getSegmentEndsList()).containsExactly(2, 4, 6, 8);
    assertThat(begin.getReduction().getMethod()).isEqualTo("fitprune");
    assertThat(begin.getReduction().getFlopsRatio()).isEqualTo(0.5);
    assertThat(begin.getReduction().getReport()).isTrue();
    assertThat(begin.getReduction().getLayer()).isEqualTo(3);
    assertThat(begin.getReduction().getSeed()).isEqualTo(-7);
    assertThat(begin.getPicturesList())
        .extracting(PictureSignals::getDetail)
        .containsExactly(PictureDetail.PICTURE_DETAIL_LOW, PictureDetail.PICTURE_DETAIL_HIGH);
    assertThat(begin.getPictures(0).getFirstPosition()).isEqualTo(3);
    assertThat(begin.getPictures(1).getFirstPosition()).isEqualTo(7);
    assertThat(begin.getPictures(0).getLayout().getTokenCount()).isEqualTo(4);
  }

  @Test
  void reportsTheOutcomeToThePruner() {
    fixture.answer(ask(picture(1), text("what?")).request());

    assertThat(fixture.pruner.last().outcome.getCompleted()).isTrue();
    assertThat(fixture.pruner.last().outcome.getPrefillMicros()).isEqualTo(7_000);
    assertThat(fixture.pruner.last().outcome.getEnteredList())
        .containsExactly(4, 4, 4, 4, 4, 4, 4, 4);
  }

  @Test
  void tellsThePrunerOfAPrefillWhoseAnswerWasCancelled() {
    ActiveAnswer answer = fixture.flow.answer(ask(picture(1)).request(), fixture.listener);
    answer.request(2);
    fixture.simulation.settle();
    answer.cancel();
    fixture.simulation.settle();

    assertThat(fixture.listener.failure.reason()).isEqualTo(Reason.CANCELLED);
    assertThat(fixture.pruner.last().outcome.getCompleted()).isFalse();
    assertThat(fixture.pruner.last().outcome.getPrefillMicros()).isEqualTo(7_000);
    assertThat(fixture.pruner.last().outcome.getEnteredCount()).isEqualTo(8);
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void saysNothingOfLayerAndSeedThatNobodyNamed() {
    fixture.answer(ask(picture(1)).request());

    DecideBegin begin = fixture.pruner.last().begin;
    assertThat(begin.getReduction().getLayer()).isZero();
    assertThat(begin.getReduction().hasSeed()).isFalse();
    assertThat(begin.getPictures(0).getDetail()).isEqualTo(PictureDetail.PICTURE_DETAIL_AUTO);
  }

  @Test
  void addsUpTheEncodersTimes() {
    fixture.answer(ask(picture(1), picture(2), text("?")).request());

    assertThat(fixture.listener.summary.timings().preprocess()).isEqualTo(Duration.ofMillis(4));
    assertThat(fixture.listener.summary.timings().encode()).isEqualTo(Duration.ofMillis(6));
    assertThat(fixture.listener.summary.timings().wire()).isZero();
    assertThat(fixture.listener.summary.timings().prefill()).isEqualTo(Duration.ofMillis(7));
  }

  @Test
  void handsSamplingToTheRuntime() {
    fixture.answer(ask(text("a")).seed(9).maxTokens(2).topLogprobs(3).request());

    var sampling = fixture.runtime.last().request.sampling();
    assertThat(sampling.temperature()).isEqualTo(0.7);
    assertThat(sampling.topP()).isEqualTo(0.9);
    assertThat(sampling.topK()).isEqualTo(5);
    assertThat(sampling.seed()).isEqualTo(9);
    assertThat(sampling.topLogprobs()).isEqualTo(3);
    assertThat(fixture.listener.text()).isEqualTo("ye");
    assertThat(fixture.listener.summary.finish()).isEqualTo(Finish.LENGTH);
  }

  @Test
  void cutsTheAnswerAtTheContext() {
    fixture.answer(ask(picture(1), text("what?")).maxTokens(1_000).request());

    assertThat(fixture.runtime.last().request.maxTokens()).isEqualTo(FlowFixture.CONTEXT - 11);
  }

  @Test
  void mapsLogprobsAndLeavesTheEndTokenOut() {
    fixture.answer(ask(text("a")).topLogprobs(1).request());

    assertThat(fixture.listener.deltas).hasSize(3);
    var token = fixture.listener.deltas.get(0).tokens().get(0);
    assertThat(token.text()).isEqualTo("y");
    assertThat(token.logprob()).isEqualTo(-0.5);
    assertThat(token.top()).singleElement().satisfies(t -> assertThat(t.text()).isEqualTo("y"));
  }

  @Test
  void endsAtAStopString() {
    fixture.runtime.say("one\n\ntwo");
    fixture.answer(ask(text("a")).stop("\n\n").request());

    assertThat(fixture.listener.text()).isEqualTo("one");
    assertThat(fixture.listener.summary.finish()).isEqualTo(Finish.STOP);
    assertThat(fixture.listener.summary.usage().completionTokens()).isEqualTo(5);
    assertThat(fixture.allFreed()).isTrue();
  }

  @Test
  void givesOutWhatAStopStringMightHaveBegun() {
    fixture.runtime.say("one\n");
    fixture.answer(ask(text("a")).stop("\n\n").request());

    assertThat(fixture.listener.text()).isEqualTo("one\n");
  }

  @Test
  void sendsNoMoreDeltasThanAllowed() {
    ActiveAnswer answer = fixture.flow.answer(ask(text("a")).request(), fixture.listener);
    answer.request(2);
    fixture.simulation.settle();

    assertThat(fixture.listener.text()).isEqualTo("ye");
    assertThat(fixture.listener.ended()).isFalse();
    answer.request(1);
    fixture.simulation.settle();
    assertThat(fixture.listener.text()).isEqualTo("yes");
    answer.request(1);
    fixture.simulation.settle();
    assertThat(fixture.listener.ended()).isTrue();
  }

  @Test
  void asksTheRuntimeForAnotherTokenWhereOneHasNoText() {
    fixture.runtime.say("o\nk");
    ActiveAnswer answer =
        fixture.flow.answer(ask(text("a")).stop("\n\n").request(), fixture.listener);
    answer.request(2);
    fixture.simulation.settle();

    assertThat(fixture.listener.text()).isEqualTo("o\nk");
  }

  @Test
  void waitsForTheReaderWithTheRestOfTheText() {
    fixture.runtime.say("a\n");
    ActiveAnswer answer =
        fixture.flow.answer(ask(text("a")).maxTokens(2).stop("\n\n").request(), fixture.listener);
    answer.request(1);
    fixture.simulation.settle();
    assertThat(fixture.listener.ended()).isFalse();
    answer.request(1);
    fixture.simulation.settle();

    assertThat(fixture.listener.text()).isEqualTo("a\n");
    assertThat(fixture.listener.ended()).isTrue();
  }

  @Test
  void countsWithoutAnyWork() {
    assertThat(fixture.flow.count(ask(picture(1), picture(2), text("ab")).request()))
        .isEqualTo(new PromptCount(4, 8));
    assertThat(fixture.encoder.encodings).isEmpty();
    assertThat(fixture.pruner.decisions).isEmpty();
  }
}
