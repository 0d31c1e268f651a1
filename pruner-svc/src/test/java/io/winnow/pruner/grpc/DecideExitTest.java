package io.winnow.pruner.grpc;

import static io.winnow.pruner.grpc.InProcessPruner.OUTCOME;
import static io.winnow.pruner.grpc.InProcessPruner.begin;
import static io.winnow.pruner.grpc.InProcessPruner.beginning;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.winnow.pruner.planning.FakeGates;
import io.winnow.v1.DataType;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.DecoderShape;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.Observation;
import io.winnow.v1.Plan;
import io.winnow.v1.Tensor;
import io.winnow.v1.Verdict;
import io.winnow.v1.VisualTokenReduction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Observations and verdicts on a Decide stream. */
class DecideExitTest {

  private static final short ONE = 0x3c00;
  private static final short MINUS_TWO = (short) 0xc000;
  private static final short INFINITE = 0x7c00;

  private final FakeGates gates = new FakeGates(4, 1, 3, 5);
  private final RecordingObserver<DecideResponse> answers = new RecordingObserver<>();
  private InProcessPruner pruner;

  @BeforeEach
  void start() throws Exception {
    pruner = new InProcessPruner(10, Duration.ofMinutes(1), model -> Optional.of(gates));
  }

  @AfterEach
  void stop() {
    gates.release();
    pruner.close();
  }

  @Test
  void answersEachObservationInOrderAndEndsAfterTheOutcome() throws Exception {
    StreamObserver<DecideRequest> decoder = pruner.decide(answers);
    decoder.onNext(begin(asking()));
    Plan plan = answers.next().getPlan();
    decoder.onNext(observation(0, MINUS_TWO));
    decoder.onNext(observation(1, ONE));
    decoder.onNext(observation(2, MINUS_TWO)); // crossed the exit on its way
    decoder.onNext(OUTCOME);
    decoder.onCompleted();

    assertThat(plan.getObserveSegmentsList()).containsExactly(0, 1, 2);
    assertThat(plan.getBlocking()).isTrue();
    assertThat(plan.getObserveImportance()).isFalse();
    assertThat(answers.next().getVerdict()).isEqualTo(verdict(0, false, -2));
    assertThat(answers.next().getVerdict()).isEqualTo(verdict(1, true, 1));
    assertThat(answers.next().getVerdict()).isEqualTo(verdict(2, true, -2));
    answers.awaitCompletion();
    assertThat(gates.asked()).containsExactly(1, 3, 5);
    assertThat(pruner.service.openStreams()).isZero();
  }

  @Test
  void theThresholdComesFromTheWishAndGoesWithTheVerdict() throws Exception {
    DecideBegin.Builder begin = asking();
    begin.getReductionBuilder().setExitThreshold(0.9).clearBlocking();
    StreamObserver<DecideRequest> decoder = pruner.decide(answers);
    decoder.onNext(begin(begin));
    assertThat(answers.next().getPlan().getBlocking()).isFalse();
    decoder.onNext(observation(0, ONE));

    Verdict verdict = answers.next().getVerdict();
    assertThat(verdict.getExit()).isFalse(); // 1 is not above ln 9
    assertThat(verdict.getThreshold()).isBetween(2.19f, 2.20f);
  }

  @Test
  void aModelWithoutGatesIsNotFound() throws Exception {
    try (InProcessPruner without = new InProcessPruner(10, Duration.ofMinutes(1))) {
      without.decide(answers).onNext(begin(asking()));

      assertFailure(Status.Code.NOT_FOUND, "NO_GATES");
    }
  }

  @Test
  void gatesOfOtherWeightsThanTheDecodersAreNotAsked() throws Exception {
    gates.trainedWith("ab12");
    RecordingObserver<DecideResponse> same = new RecordingObserver<>();
    pruner.decide(same).onNext(begin(asking().setWeightsSha256("ab12")));
    RecordingObserver<DecideResponse> unknown = new RecordingObserver<>();
    pruner.decide(unknown).onNext(begin(asking()));
    pruner.decide(answers).onNext(begin(asking().setWeightsSha256("cd34")));

    assertThat(same.next().getPlan().getObserveSegmentsList()).hasSize(3);
    assertThat(unknown.next().getPlan().getObserveSegmentsList()).hasSize(3);
    assertFailure(Status.Code.NOT_FOUND, "NO_GATES");
  }

  static Stream<Observation.Builder> wrongObservations() {
    return Stream.of(
        status(3, ONE), // the last segment
        status(-1, ONE),
        status(0, ONE).setVisualTokens(0),
        status(0, ONE).setVisualTokens(577),
        status(0, ONE).clearTensors(),
        status(0, INFINITE),
        status(0, ONE, tensor(ONE).setDataType(DataType.DATA_TYPE_FP32)),
        status(0, ONE, tensor(ONE).clearShape().addShape(4)),
        status(0, ONE, tensor(ONE).clearShape().addShape(2).addShape(3)),
        status(0, ONE, tensor(ONE).setData(ByteString.copyFrom(new byte[7]))),
        status(
            0,
            ONE,
            Tensor.newBuilder()
                .setDataType(DataType.DATA_TYPE_FP16)
                .addShape(2)
                .addShape(3)
                .setData(ByteString.copyFrom(new byte[12]))));
  }

  @ParameterizedTest
  @MethodSource("wrongObservations")
  void refusesWrongObservations(Observation.Builder observation) throws Exception {
    StreamObserver<DecideRequest> decoder = pruner.decide(answers);
    decoder.onNext(begin(asking()));
    answers.next();
    decoder.onNext(DecideRequest.newBuilder().setObservation(observation).build());

    assertFailure(Status.Code.INVALID_ARGUMENT, "PROTOCOL_VIOLATION");
    assertThat(gates.asked()).isEmpty();
    assertThat(pruner.service.openStreams()).isZero();
  }

  @Test
  void refusesTheSameSegmentTwice() throws Exception {
    StreamObserver<DecideRequest> decoder = pruner.decide(answers);
    decoder.onNext(begin(asking()));
    answers.next();
    decoder.onNext(observation(1, MINUS_TWO));
    answers.next();
    decoder.onNext(observation(1, MINUS_TWO));

    assertFailure(Status.Code.INVALID_ARGUMENT, "PROTOCOL_VIOLATION");
  }

  /** Two threads compute gates. */
  @Test
  void tellsHowManyObservationsWaitForAThreadAndHowLong() throws Exception {
    gates.hold();
    for (int number = 0; number < 5; number++) {
      StreamObserver<DecideRequest> decoder = pruner.decide(answers);
      decoder.onNext(begin(asking()));
      answers.next();
      decoder.onNext(observation(0, ONE));
    }
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (pruner.service.queuedObservations() < 3 && System.nanoTime() < end) {
      Thread.onSpinWait();
    }

    assertThat(pruner.service.queuedObservations()).isEqualTo(3);
    assertThat(pruner.telemetry.waits).hasSizeLessThanOrEqualTo(2);
    gates.release();
    for (int number = 0; number < 5; number++) {
      answers.next();
    }
    assertThat(pruner.service.queuedObservations()).isZero();
    assertThat(pruner.telemetry.waits).hasSize(5).noneMatch(Duration::isNegative);
  }

  @Test
  void doesNotCallItIdleWhileAGateIsComputed() throws Exception {
    gates.hold();
    try (InProcessPruner hasty =
        new InProcessPruner(10, Duration.ofSeconds(1), model -> Optional.of(gates))) {
      StreamObserver<DecideRequest> decoder = hasty.decide(answers);
      decoder.onNext(begin(asking()));
      answers.next();
      decoder.onNext(observation(0, ONE));
      RecordingObserver<DecideResponse> idle = new RecordingObserver<>();
      hasty.decide(idle); // opened later, so it is called idle later
      idle.awaitFailure();
      gates.release();

      assertThat(answers.next().getVerdict().getExit()).isTrue();
      assertFailure(Status.Code.DEADLINE_EXCEEDED, "IDLE"); // now it is the decoder's turn
    }
  }

  static DecideBegin.Builder asking() {
    return beginning()
        .setShape(
            DecoderShape.newBuilder()
                .setLayers(8)
                .setHiddenSize(2)
                .setIntermediateSize(6)
                .addSegmentEnds(2)
                .addSegmentEnds(4)
                .addSegmentEnds(6)
                .addSegmentEnds(8))
        .setReduction(VisualTokenReduction.newBuilder().setMethod("dyvte").setBlocking(true));
  }

  static DecideRequest observation(int segment, short first) {
    return DecideRequest.newBuilder().setObservation(status(segment, first)).build();
  }

  private static Observation.Builder status(int segment, short first) {
    return status(segment, first, tensor(first));
  }

  private static Observation.Builder status(int segment, short first, Tensor.Builder tensor) {
    return Observation.newBuilder()
        .setSegment(segment)
        .setVisualTokens(576)
        .addTensors(NamedTensor.newBuilder().setName("text_status").setTensor(tensor));
  }

  private static Tensor.Builder tensor(short first) {
    ByteBuffer data = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    data.putShort(0, first);
    return Tensor.newBuilder()
        .setDataType(DataType.DATA_TYPE_FP16)
        .addShape(2)
        .addShape(2)
        .setData(ByteString.copyFrom(data));
  }

  private static Verdict verdict(int segment, boolean exit, float margin) {
    return Verdict.newBuilder().setSegment(segment).setExit(exit).setMargin(margin).build();
  }

  private void assertFailure(Status.Code code, String reason) throws Exception {
    StatusRuntimeException failure = answers.awaitFailure();
    assertThat(failure.getStatus().getCode()).isEqualTo(code);
    ErrorInfo info = StatusProto.fromThrowable(failure).getDetails(0).unpack(ErrorInfo.class);
    assertThat(info.getReason()).isEqualTo(reason);
  }
}
