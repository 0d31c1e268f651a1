package io.winnow.pruner.grpc;

import static io.winnow.pruner.grpc.InProcessPruner.OBSERVATION;
import static io.winnow.pruner.grpc.InProcessPruner.OUTCOME;
import static io.winnow.pruner.grpc.InProcessPruner.begin;
import static io.winnow.pruner.grpc.InProcessPruner.beginning;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.winnow.pruner.planning.ReasonCode;
import io.winnow.v1.DataType;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.Outcome;
import io.winnow.v1.Plan;
import io.winnow.v1.Positions;
import io.winnow.v1.Ranking;
import io.winnow.v1.Tensor;
import io.winnow.v1.VisualTokenReduction;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecideProtocolTest {

  private InProcessPruner pruner;
  private final RecordingObserver<DecideResponse> answers = new RecordingObserver<>();

  @BeforeEach
  void start() throws Exception {
    pruner = new InProcessPruner(10, Duration.ofMinutes(1));
  }

  @AfterEach
  void stop() {
    pruner.close();
  }

  @Test
  void answersABeginWithAPlanAndEndsAfterTheOutcome() throws Exception {
    StreamObserver<DecideRequest> decoder = pruner.decide(answers);

    decoder.onNext(begin());
    Plan plan = answers.next().getPlan();
    decoder.onNext(OUTCOME);
    decoder.onCompleted();

    answers.awaitCompletion();
    assertThat(plan.getMethod()).isEqualTo("none");
    assertThat(plan.getReason()).isNotEmpty();
    assertThat(plan.getFlopsRatio()).isEqualTo(1.0);
    assertThat(plan.getPositions()).isEqualTo(Positions.POSITIONS_ORIGINAL);
    assertThat(plan.getFetchList()).isEmpty();
    assertThat(plan.getKeepList()).isEmpty();
    assertThat(plan.getObserveSegmentsList()).isEmpty();
    assertThat(pruner.service.openStreams()).isZero();
    assertThat(pruner.telemetry.planned).containsExactly(ReasonCode.NOT_CALIBRATED);
    assertThat(pruner.telemetry.outcomes).containsExactly(true);
    assertThat(pruner.telemetry.failures).isEmpty();
  }

  static Stream<List<DecideRequest>> brokenOrders() {
    return Stream.of(
        List.of(OUTCOME),
        List.of(OBSERVATION),
        List.of(DecideRequest.getDefaultInstance()),
        List.of(begin(), begin()),
        List.of(begin(), OBSERVATION),
        List.of(begin()),
        List.of());
  }

  @ParameterizedTest
  @MethodSource("brokenOrders")
  void refusesMessagesOutOfOrder(List<DecideRequest> messages) throws Exception {
    StreamObserver<DecideRequest> decoder = pruner.decide(answers);
    for (DecideRequest message : messages) {
      decoder.onNext(message);
    }
    decoder.onCompleted();

    assertFailure(Status.Code.INVALID_ARGUMENT, "PROTOCOL_VIOLATION");
    assertThat(pruner.service.openStreams()).isZero();
  }

  @Test
  void refusesAnUnknownMethodByName() throws Exception {
    pruner
        .decide(answers)
        .onNext(
            begin(beginning().setReduction(VisualTokenReduction.newBuilder().setMethod("magic"))));

    ErrorInfo info = assertFailure(Status.Code.INVALID_ARGUMENT, "UNKNOWN_METHOD");
    assertThat(info.getMetadataMap()).containsEntry("param", "visual_token_reduction.method");
    assertThat(info.getDomain()).isEqualTo("winnow");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, 1.0000001, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesARatioOutOfRange(double ratio) throws Exception {
    pruner
        .decide(answers)
        .onNext(
            begin(beginning().setReduction(VisualTokenReduction.newBuilder().setKeepRatio(ratio))));

    ErrorInfo info = assertFailure(Status.Code.INVALID_ARGUMENT, "INVALID_REQUEST");
    assertThat(info.getMetadataMap()).containsEntry("param", "visual_token_reduction.keep_ratio");
  }

  @Test
  void refusesAWaitThatIsNoTime() throws Exception {
    pruner
        .decide(answers)
        .onNext(
            begin(
                beginning().setReduction(VisualTokenReduction.newBuilder().setMaxTtftMillis(-1))));

    assertFailure(Status.Code.INVALID_ARGUMENT, "INVALID_REQUEST");
  }

  static Stream<DecideRequest> incompleteBegins() {
    return Stream.of(
        begin(beginning().clearModel()),
        begin(beginning().clearShape()),
        begin(beginning().setTextTokens(0)),
        begin(beginning().setTextTokens(Integer.MAX_VALUE)),
        begin(withDetail(77)),
        begin(withVisualTokens(0)),
        begin(withVisualTokens(Integer.MAX_VALUE)));
  }

  @ParameterizedTest
  @MethodSource("incompleteBegins")
  void refusesABeginThatNothingCanBePlannedFrom(DecideRequest begin) throws Exception {
    pruner.decide(answers).onNext(begin);

    assertFailure(Status.Code.INVALID_ARGUMENT, "INVALID_REQUEST");
  }

  @Test
  void sendsWhatALayerDropsAndHowItRanks() throws Exception {
    Plan plan = planFor(VisualTokenReduction.newBuilder().setMethod("random").setSeed(7));

    assertThat(plan.getMethod()).isEqualTo("random");
    assertThat(plan.getKeepList()).containsExactly(576, 288, 288, 288, 288, 288, 288, 288);
    assertThat(plan.getRanking()).isEqualTo(Ranking.RANKING_GIVEN);
    assertThat(plan.getScoresCount()).isEqualTo(576);
    assertThat(plan.getPositions()).isEqualTo(Positions.POSITIONS_ORIGINAL);
    assertThat(plan.getFlopsRatio()).isBetween(0.5, 0.7);
  }

  @Test
  void sendsTheSelectionOfTheMostSalient() throws Exception {
    Plan plan =
        planFor(VisualTokenReduction.newBuilder().setMethod("visionzip").setKeepRatio(0.01));

    assertThat(plan.getFetchList())
        .singleElement()
        .satisfies(
            fetch ->
                assertThat(fetch.getIndices().getIndexList()).containsExactly(0, 1, 2, 3, 575));
    assertThat(plan.getPositions()).isEqualTo(Positions.POSITIONS_CONSECUTIVE);
    assertThat(plan.getKeepList()).isEmpty();
    assertThat(plan.getRanking()).isEqualTo(Ranking.RANKING_UNSPECIFIED);
  }

  @Test
  void takesTheLayerFromTheWire() throws Exception {
    Plan plan = planFor(VisualTokenReduction.newBuilder().setMethod("vtw").setLayer(1));

    assertThat(plan.getKeepList()).containsOnly(0).hasSize(8);
  }

  @Test
  void aModelWithoutARecipeIsNotFoundAndNamesTheField() throws Exception {
    pruner
        .decide(answers)
        .onNext(
            begin(
                beginning().setReduction(VisualTokenReduction.newBuilder().setMethod("fitprune"))));

    ErrorInfo info = assertFailure(Status.Code.NOT_FOUND, "NO_RECIPE");
    assertThat(info.getMetadataMap()).containsEntry("param", "visual_token_reduction.method");
  }

  @Test
  void learnsFromOutcomesThatTellWhatThePrefillWas() throws Exception {
    Outcome.Builder outcome = Outcome.newBuilder().setCompleted(true).setPrefillMicros(60_000);
    List<Integer> entered = Collections.nCopies(8, 576);

    finishWith(outcome.clone().addAllEntered(entered).setFirstTokenMicros(90_000));
    assertThat(pruner.costs.forecast("demo").measured()).isEqualTo(1);

    finishWith(outcome.clone());
    finishWith(outcome.clone().addAllEntered(entered).setPrefillMicros(0));
    finishWith(outcome.clone().addAllEntered(Collections.nCopies(7, 576)));
    finishWith(outcome.clone().addAllEntered(Collections.nCopies(8, 577)));
    finishWith(outcome.clone().addAllEntered(Collections.nCopies(8, -1)));
    assertThat(pruner.costs.forecast("demo").measured()).isEqualTo(1);
  }

  private void finishWith(Outcome.Builder outcome) throws Exception {
    RecordingObserver<DecideResponse> observer = new RecordingObserver<>();
    StreamObserver<DecideRequest> decoder = pruner.decide(observer);
    decoder.onNext(begin());
    observer.next();
    decoder.onNext(DecideRequest.newBuilder().setOutcome(outcome).build());
    decoder.onCompleted();
    observer.awaitCompletion();
  }

  static Stream<Tensor.Builder> wrongSaliencies() {
    return Stream.of(
        saliency(4).setDataType(DataType.DATA_TYPE_FP16),
        saliency(4).clearShape().addShape(5),
        saliency(4).addShape(1),
        saliency(3),
        saliency(4).setData(ByteString.copyFrom(new byte[15])),
        saliency(4)
            .setData(
                ByteString.copyFrom(
                    new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -128, 127})));
  }

  @ParameterizedTest
  @MethodSource("wrongSaliencies")
  void refusesSaliencyThatIsNotOneFiniteNumberForEachToken(Tensor.Builder saliency)
      throws Exception {
    DecideBegin.Builder begin = withVisualTokens(4);
    begin
        .getPicturesBuilder(0)
        .getLayoutBuilder()
        .clearTensors()
        .addTensors(NamedTensor.newBuilder().setName("saliency").setTensor(saliency));
    pruner.decide(answers).onNext(begin(begin));

    assertFailure(Status.Code.INVALID_ARGUMENT, "INVALID_REQUEST");
  }

  private static Tensor.Builder saliency(int tokens) {
    return Tensor.newBuilder()
        .setDataType(DataType.DATA_TYPE_FP32)
        .addShape(tokens)
        .setData(ByteString.copyFrom(new byte[tokens * Float.BYTES]));
  }

  private Plan planFor(VisualTokenReduction.Builder reduction) throws Exception {
    StreamObserver<DecideRequest> decoder = pruner.decide(answers);
    decoder.onNext(begin(beginning().setReduction(reduction)));
    Plan plan = answers.next().getPlan();
    decoder.onNext(OUTCOME);
    decoder.onCompleted();
    answers.awaitCompletion();
    return plan;
  }

  private static DecideBegin.Builder withDetail(int detail) {
    DecideBegin.Builder begin = beginning();
    begin.getPicturesBuilder(0).setDetailValue(detail);
    return begin;
  }

  private static DecideBegin.Builder withVisualTokens(int tokens) {
    DecideBegin.Builder begin = beginning();
    begin.getPicturesBuilder(0).getLayoutBuilder().setTokenCount(tokens);
    return begin;
  }

  private ErrorInfo assertFailure(Status.Code code, String reason) throws Exception {
    StatusRuntimeException failure = answers.awaitFailure();
    assertThat(failure.getStatus().getCode()).isEqualTo(code);
    assertThat(failure.getStatus().getDescription()).isNotBlank();
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    Any detail = status.getDetails(0);
    ErrorInfo info = detail.unpack(ErrorInfo.class);
    assertThat(info.getReason()).isEqualTo(reason);
    return info;
  }
}
