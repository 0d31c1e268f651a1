package io.winnow.decoder.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerDelta.TokenLogprob;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ExitReports;
import io.winnow.decoder.chat.ExitWish;
import io.winnow.decoder.chat.FakeChatService;
import io.winnow.decoder.chat.FakeChatService.Script;
import io.winnow.decoder.chat.KeptReports;
import io.winnow.decoder.chat.ReductionWish;
import io.winnow.decoder.telemetry.TelemetrySource;
import io.winnow.v1.ChatMessage.Builder;
import io.winnow.v1.ContentPart;
import io.winnow.v1.CountTokensRequest;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.FinishReason;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import io.winnow.v1.PictureDetail;
import io.winnow.v1.SamplingParameters;
import io.winnow.v1.VerdictEffect;
import io.winnow.v1.VisualTokenReduction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DecoderGrpcServiceTest {

  private static final Duration MAX_TIMEOUT = Duration.ofMinutes(5);

  private final FakeChatService chat = new FakeChatService();
  private final InProcess server =
      new InProcess(
          new DecoderGrpcService(
              chat,
              new ServingOptions(Runnable::run, MAX_TIMEOUT),
              CalibrationFixture.calibrations(1),
              TelemetrySource.NONE));

  @AfterEach
  void close() {
    server.close();
    chat.close();
  }

  @Test
  void streamsAnAnswer() {
    List<GenerateResponse> steps = new ArrayList<>();
    blocking().generate(request().build()).forEachRemaining(steps::add);

    assertThat(steps).hasSize(4);
    assertThat(steps.get(0).getStarted().getSeed()).isEqualTo(FakeChatService.SEED);
    assertThat(steps.get(0).getStarted().getPrompt().getImageTokens()).isEqualTo(24);
    assertThat(steps.get(1).getDelta().getText()).isEqualTo("Hello");
    assertThat(steps.get(2).getDelta().getText()).isEqualTo(" world");
    var finished = steps.get(3).getFinished();
    assertThat(finished.getFinishReason()).isEqualTo(FinishReason.FINISH_REASON_STOP);
    assertThat(finished.getUsage().getImageTokensKept()).isEqualTo(12);
    assertThat(finished.getTimings().getPrefillMicros()).isEqualTo(1_500_000);
    assertThat(finished.getReduction().getMethod()).isEqualTo("none");
  }

  @Test
  void handsTheRequestOver() throws InterruptedException {
    GenerateRequest request =
        request()
            .setModel("demo")
            .setSampling(SamplingParameters.newBuilder().setTemperature(0.5).setTopK(3).setSeed(11))
            .setMaxTokens(17)
            .addStop("x")
            .setLogprobs(true)
            .setTopLogprobs(2)
            .setVisualTokenReduction(
                VisualTokenReduction.newBuilder().setKeepRatio(0.25).setLayer(2).setSeed(9))
            .build();
    blocking().generate(request).forEachRemaining(step -> {});

    ChatRequest asked = call().request();
    assertThat(asked.model()).contains("demo");
    assertThat(asked.messages().get(0).parts().get(0)).isEqualTo(new ChatMessage.Text("what?"));
    assertThat(((ChatMessage.PictureFile) asked.messages().get(0).parts().get(1)).content())
        .containsExactly(1, 2, 3);
    assertThat(((ChatMessage.PictureFile) asked.messages().get(0).parts().get(1)).detail())
        .isEqualTo(Detail.LOW);
    assertThat(asked.sampling().topP()).isEqualTo(1);
    assertThat(asked.sampling().topK()).isEqualTo(3);
    assertThat(asked.sampling().seed()).hasValue(11);
    assertThat(asked.maxTokens()).hasValue(17);
    assertThat(asked.topLogprobs()).hasValue(2);
    assertThat(asked.reduction())
        .isEqualTo(
            new ReductionWish(
                "auto",
                Optional.of(new ReductionWish.KeepRatio(0.25)),
                OptionalInt.of(2),
                OptionalLong.of(9),
                false));
    assertThat(asked.timeout()).isEqualTo(MAX_TIMEOUT);
  }

  @Test
  void handsOverWhatAnExitTakes() throws InterruptedException {
    GenerateRequest request =
        request()
            .setVisualTokenReduction(
                VisualTokenReduction.newBuilder()
                    .setMethod("dyvte")
                    .setExitThreshold(0.75)
                    .setMinLayer(0)
                    .setBlocking(true)
                    .setWith("fastv"))
            .build();
    blocking().generate(request).forEachRemaining(step -> {});

    assertThat(call().request().reduction().exit())
        .isEqualTo(
            new ExitWish(OptionalDouble.of(0.75), OptionalInt.of(0), true, Optional.of("fastv")));
  }

  @Test
  void reportsWhatBecameOfTheQuestionsOnTheWay() {
    chat.exit(ExitReports.keptThenExitedLateThenMissing());
    List<GenerateResponse> steps = new ArrayList<>();
    blocking().generate(request().build()).forEachRemaining(steps::add);

    var exit = steps.get(3).getFinished().getReduction().getExit();
    assertThat(exit.getLayer()).isEqualTo(5);
    assertThat(exit.getBlocking()).isFalse();
    assertThat(exit.getLate()).isEqualTo(1);
    assertThat(exit.getMissing()).isEqualTo(1);
    assertThat(exit.getTrouble()).isEqualTo("gone");
    assertThat(exit.getFlopsRatioWithout()).isEqualTo(0.875);
    var exited = exit.getVerdicts(1);
    assertThat(exited.getSegment()).isEqualTo(1);
    assertThat(exited.getLayer()).isEqualTo(3);
    assertThat(exited.getVisualTokens()).isEqualTo(12);
    assertThat(exited.getNeededMicros()).isEqualTo(30_000);
    assertThat(exited.getArrivedMicros()).isEqualTo(41_500);
    assertThat(exited.getExit()).isTrue();
    assertThat(exited.getMargin()).isEqualTo(1.5f);
    assertThat(exited.getThreshold()).isEqualTo(0.25f);
    assertThat(exited.getEffect()).isEqualTo(VerdictEffect.VERDICT_EFFECT_EXITED);
    assertThat(exited.getAppliedLayer()).isEqualTo(5);
    assertThat(exit.getVerdicts(0).hasAppliedLayer()).isFalse();
    assertThat(exit.getVerdicts(2).hasArrivedMicros()).isFalse();
    assertThat(exit.getVerdicts(2).getEffect()).isEqualTo(VerdictEffect.VERDICT_EFFECT_MISSING);
  }

  @Test
  void reportsWhatWasKept() {
    chat.keep(KeptReports.twoTokensOfFour());
    List<GenerateResponse> steps = new ArrayList<>();
    blocking().generate(request().build()).forEachRemaining(steps::add);

    var details = steps.get(3).getFinished().getReduction().getDetails();
    assertThat(details.getVisualEnteredList()).containsExactly(4, 2);
    assertThat(details.getTextTokens()).isEqualTo(5);
    assertThat(details.getMacs()).isEqualTo(900);
    assertThat(details.getMacsUnpruned()).isEqualTo(1200);
    assertThat(details.getVisualMacsRatio()).isEqualTo(0.75);
    var picture = details.getPictures(0);
    assertThat(picture.getTiles(0).getRows()).isEqualTo(1);
    assertThat(picture.getTiles(0).getColumns()).isEqualTo(4);
    assertThat(picture.getPictureWidth()).isEqualTo(64);
    assertThat(picture.getPictureHeight()).isEqualTo(16);
    assertThat(picture.getSeen().getLeft()).isEqualTo(8);
    assertThat(picture.getSeen().getHeight()).isEqualTo(16);
    assertThat(picture.getKept(0).getIndexList()).containsExactly(0, 1, 2, 3);
    assertThat(picture.getKept(1).getLayer()).isEqualTo(1);
    assertThat(picture.getKept(1).getIndexList()).containsExactly(1, 3);
  }

  @Test
  void mapsLogprobs() {
    TokenLogprob top = new TokenLogprob(5, "a", -0.1, List.of());
    TokenLogprob token = new TokenLogprob(5, "a", -0.1, List.of(top));
    chat.answerBy(r -> Script.deltas(1, i -> new AnswerDelta("a", List.of(token))));
    List<GenerateResponse> steps = new ArrayList<>();
    blocking().generate(request().build()).forEachRemaining(steps::add);

    assertThat(steps.get(1).getDelta().getTokens(0).getTop(0).getLogprob()).isEqualTo(-0.1);
  }

  @Test
  void neverRunsFarAheadOfASlowReader() throws InterruptedException {
    chat.answerBy(r -> Script.deltas(10_000, i -> new AnswerDelta("word " + i, List.of())));
    Answers answers = new Answers();
    DecoderGrpc.newStub(server.channel).generate(request().build(), answers);
    answers.next();
    assertThat(answers.next().hasDelta()).isTrue();
    for (int i = 0; i < 100; i++) {
      answers.next();
    }

    assertThat(call().sent()).isBetween(100, 100 + 3 * GenerateCall.WINDOW);
    answers.cancel();
  }

  @Test
  void cancelsTheAnswerOfAClientThatGoes() throws Exception {
    chat.answerBy(r -> Script.deltas(10_000, i -> new AnswerDelta("a", List.of())));
    Answers answers = new Answers();
    DecoderGrpc.newStub(server.channel).generate(request().build(), answers);
    answers.next();
    answers.cancel();

    call().cancelled().get(30, TimeUnit.SECONDS);
  }

  @Test
  void passesTheClientsDeadlineOnAndCancelsAtIt() throws Exception {
    chat.answerBy(r -> Script.deltas(10_000, i -> new AnswerDelta("a", List.of())));
    Answers answers = new Answers();
    DecoderGrpc.newStub(server.channel)
        .withDeadlineAfter(3, TimeUnit.SECONDS) // it must get there first
        .generate(request().build(), answers);

    FakeChatService.Call call = call();
    assertThat(call.request().timeout()).isLessThanOrEqualTo(Duration.ofSeconds(3));
    call.cancelled().get(30, TimeUnit.SECONDS);
    assertThat(Status.fromThrowable(answers.error.get(30, TimeUnit.SECONDS)).getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void endsWithTheStatusOfTheFailure() {
    chat.answerBy(
        r ->
            Script.of("so far")
                .thenFailing(ChatFailure.of(Reason.OVERLOADED, "full, retry later")));
    List<GenerateResponse> steps = new ArrayList<>();
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> blocking().generate(request().build()).forEachRemaining(steps::add));

    assertThat(steps).hasSize(2);
    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(FailureStatus.failure("decoder-svc", thrown))
        .isEqualTo(ChatFailure.of(Reason.OVERLOADED, "full, retry later"));
  }

  @Test
  void saysThatADefectIsOne() {
    chat.answerBy(
        r -> {
          throw new IllegalStateException("a defect");
        });
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> blocking().generate(request().build()).forEachRemaining(step -> {}));

    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(thrown).hasMessageContaining("the log of decoder-svc has why");
  }

  @Test
  void refusesFieldsOutOfRangeByName() {
    assertRefused(request().setMaxTokens(-1), "max_tokens");
    assertRefused(request().setTopLogprobs(2), "top_logprobs");
    assertRefused(request().setLogprobs(true).setTopLogprobs(21), "top_logprobs");
    assertRefused(request().addStop(""), "stop");
    assertRefused(request().addAllStop(List.of("a", "b", "c", "d", "e")), "stop");
    assertRefused(sampling(SamplingParameters.newBuilder().setTemperature(2.1)), "temperature");
    assertRefused(
        sampling(SamplingParameters.newBuilder().setTemperature(Double.NaN)), "temperature");
    assertRefused(sampling(SamplingParameters.newBuilder().setTopP(-0.1)), "top_p");
    assertRefused(sampling(SamplingParameters.newBuilder().setTopK(-1)), "top_k");
    assertRefused(
        request().addMessages(io.winnow.v1.ChatMessage.newBuilder().setRole("user")),
        "messages[1].content");
    assertRefused(
        request().addMessages(message("robot", ContentPart.newBuilder().setText("a"))),
        "messages[1].role");
    assertRefused(
        request().addMessages(message("user", ContentPart.newBuilder())), "messages[1].content[0]");
    assertRefused(
        request().setVisualTokenReduction(VisualTokenReduction.newBuilder().setFlopsRatio(1.5)),
        "visual_token_reduction.flops_ratio");
    assertRefused(
        request().setVisualTokenReduction(VisualTokenReduction.newBuilder().setMaxTtftMillis(0)),
        "visual_token_reduction.max_ttft_millis");
    assertRefused(
        request().setVisualTokenReduction(VisualTokenReduction.newBuilder().setLayer(-1)),
        "visual_token_reduction.layer");
    assertRefused(
        request().setVisualTokenReduction(VisualTokenReduction.newBuilder().setExitThreshold(1)),
        "visual_token_reduction.exit_threshold");
    assertRefused(
        request().setVisualTokenReduction(VisualTokenReduction.newBuilder().setMinLayer(-1)),
        "visual_token_reduction.min_layer");
    ContentPart.Builder detailedText =
        ContentPart.newBuilder().setText("a").setDetail(PictureDetail.PICTURE_DETAIL_HIGH);
    assertRefused(
        request().addMessages(message("user", detailedText)), "messages[1].content[0].detail");
  }

  @Test
  void countsTokens() {
    var counted =
        blocking().countTokens(CountTokensRequest.newBuilder().setGeneration(request()).build());

    assertThat(counted.getPrompt().getTextTokens()).isEqualTo(16);
    assertThat(counted.getPrompt().getImageTokens()).isEqualTo(24);
  }

  @Test
  void refusesToCountWithTheSameFailure() {
    chat.failCountsWith(ChatFailure.of(Reason.CONTEXT_LENGTH_EXCEEDED, "too long", "messages"));
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> blocking().countTokens(CountTokensRequest.getDefaultInstance()));

    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(FailureStatus.failure("decoder-svc", thrown).param()).contains("messages");
  }

  private void assertRefused(GenerateRequest.Builder request, String param) {
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> blocking().generate(request.build()).hasNext());
    ChatFailure failure = FailureStatus.failure("decoder-svc", thrown);
    assertThat(failure.reason()).isEqualTo(Reason.INVALID_REQUEST);
    assertThat(failure.param()).contains(param);
    assertThat(chat.calls()).isEmpty();
  }

  private FakeChatService.Call call() throws InterruptedException {
    return chat.calls().poll(30, TimeUnit.SECONDS);
  }

  private DecoderGrpc.DecoderBlockingStub blocking() {
    return DecoderGrpc.newBlockingStub(server.channel);
  }

  private static GenerateRequest.Builder sampling(SamplingParameters.Builder sampling) {
    return request().setSampling(sampling);
  }

  private static GenerateRequest.Builder request() {
    return GenerateRequest.newBuilder()
        .addMessages(
            message("user", ContentPart.newBuilder().setText("what?"))
                .addParts(
                    ContentPart.newBuilder()
                        .setPicture(ByteString.copyFrom(new byte[] {1, 2, 3}))
                        .setDetail(PictureDetail.PICTURE_DETAIL_LOW)));
  }

  private static Builder message(String role, ContentPart.Builder part) {
    return io.winnow.v1.ChatMessage.newBuilder().setRole(role).addParts(part);
  }
}
