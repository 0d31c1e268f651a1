package io.winnow.pruner.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.winnow.v1.AnswerLogits;
import io.winnow.v1.AnswerTask;
import io.winnow.v1.CalibrateBegin;
import io.winnow.v1.CalibrateFinished;
import io.winnow.v1.CalibrateRequest;
import io.winnow.v1.CalibrateResponse;
import io.winnow.v1.CalibrationFinding;
import io.winnow.v1.CalibrationTask;
import io.winnow.v1.DecoderShape;
import io.winnow.v1.FitPruneCalibration;
import io.winnow.v1.LayerStatistics;
import io.winnow.v1.SampleShape;
import io.winnow.v1.VtwCalibration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CalibrateProtocolTest {

  private static final int LAYERS = 4;
  private static final int VISUAL = 8;
  private InProcessPruner pruner;

  @BeforeEach
  void open() throws Exception {
    pruner = new InProcessPruner(4, Duration.ofSeconds(20));
  }

  @AfterEach
  void close() {
    pruner.close();
  }

  @Test
  void findsAFitPruneRecipeOverTheWire() throws Exception {
    CalibrateFinished finished =
        calibrate(begin().setFitprune(FitPruneCalibration.newBuilder().setFlopsRatio(0.8)).build());

    assertThat(finished.getRecipe().getName()).isEqualTo("demo-fitprune-0.8");
    assertThat(finished.getRecipe().getDeletedList()).hasSize(LAYERS);
    assertThat(finished.getRecipe().getDeleted(0)).isPositive();
    assertThat(finished.getStoredAs()).isEmpty();
    assertThat(finished.getNotesList()).hasSize(1);
  }

  @Test
  void findsAVtwRecipeOverTheWire() throws Exception {
    CalibrateFinished finished =
        calibrate(
            begin()
                .setRecipeName("mine")
                .setVtw(VtwCalibration.newBuilder().setAnswerTokens(2))
                .build());

    assertThat(finished.getRecipe().getName()).isEqualTo("mine");
    assertThat(finished.getRecipe().getWithdrawLayer()).isEqualTo(3); // where the fake agrees
    assertThat(finished.getRecipe().getCalibration().getThreshold()).isEqualTo(0.003);
    assertThat(finished.getRecipe().getCalibration().getAnswerTokens()).isEqualTo(2);
  }

  @Test
  void refusesWishesThatMakeNoSense() throws Exception {
    FitPruneCalibration.Builder budget = FitPruneCalibration.newBuilder();
    assertThat(refused(begin().build())).contains("method");
    assertThat(refused(begin().setFitprune(budget).build())).contains("fitprune.flops_ratio");
    assertThat(refused(begin().setFitprune(budget.setFlopsRatio(1)).build())).contains("below 1");
    assertThat(refused(begin().setVtw(VtwCalibration.newBuilder().setThreshold(-1)).build()))
        .contains("vtw.threshold");
    assertThat(refused(begin().setVtw(VtwCalibration.newBuilder().setAnswerTokens(65)).build()))
        .contains("vtw.answer_tokens");
    budget.setFlopsRatio(0.5);
    assertThat(refused(begin().setFitprune(budget).setRecipeName("../x").build()))
        .contains("recipe_name");
    assertThat(refused(begin().setFitprune(budget).clearSamples().build())).contains("samples");
    assertThat(refused(begin().setFitprune(budget).setModel("").build())).contains("model");
    assertThat(
            refused(
                begin().setFitprune(budget).setShape(DecoderShape.getDefaultInstance()).build()))
        .contains("shape.layers");
  }

  @Test
  void refusesFindingsThatAnswerSomethingElse() throws Exception {
    RecordingObserver<CalibrateResponse> answers = new RecordingObserver<>();
    StreamObserver<CalibrateRequest> call = pruner.stub().calibrate(answers);
    call.onNext(request(begin().setVtw(VtwCalibration.getDefaultInstance()).build()));
    assertThat(answers.next().hasTask()).isTrue();

    call.onNext(finding(CalibrationFinding.newBuilder().setAttention(layer(0, 0, VISUAL))));

    Status status = answers.awaitFailure().getStatus();
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("must answer the task");
  }

  private String refused(CalibrateBegin begin) throws Exception {
    RecordingObserver<CalibrateResponse> answers = new RecordingObserver<>();
    pruner.stub().calibrate(answers).onNext(request(begin));
    Status status = answers.awaitFailure().getStatus();
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    return status.getDescription();
  }

  /** Plays the decoder to the end. */
  private CalibrateFinished calibrate(CalibrateBegin begin) throws Exception {
    RecordingObserver<CalibrateResponse> answers = new RecordingObserver<>();
    StreamObserver<CalibrateRequest> call = pruner.stub().calibrate(answers);
    call.onNext(request(begin));
    int sample = 0;
    int layer = 0;
    int alive = VISUAL;
    while (true) {
      CalibrateResponse response = answers.next();
      if (response.hasFinished()) {
        answers.awaitCompletion();
        return response.getFinished();
      }
      CalibrationTask task = response.getTask();
      switch (task.getKindCase()) {
        case ATTENTION -> {
          sample = task.getAttention().getSample();
          layer = 0;
          alive = VISUAL;
          do {
            call.onNext(finding(statistics(sample, layer++, alive)));
          } while (task.getAttention().getThrough() && layer < LAYERS);
        }
        case DROP -> {
          alive -= task.getDrop().getVisualCount();
          call.onNext(finding(statistics(sample, layer++, alive)));
        }
        case ANSWER -> answer(task.getAnswer(), call);
        case KIND_NOT_SET -> assertThat(response.hasProgress()).isTrue();
      }
    }
  }

  /** Withdrawn before layer 3 or later the answer is the same; in two messages a row. */
  private static void answer(AnswerTask task, StreamObserver<CalibrateRequest> call) {
    List<Integer> layers = new ArrayList<>(List.of(LAYERS));
    layers.addAll(task.getWithdrawLayersList());
    for (int withdrawn : layers) {
      for (int token = 0; token < task.getAnswerTokens(); token++) {
        for (int id = 0; id < 2; id++) {
          call.onNext(
              finding(
                  CalibrationFinding.newBuilder()
                      .setLogits(
                          AnswerLogits.newBuilder()
                              .setSample(task.getSample())
                              .setWithdrawLayer(withdrawn)
                              .setToken(token)
                              .setTokens(task.getAnswerTokens())
                              .setVocabularySize(2)
                              .setFirstId(id)
                              .addLogits(withdrawn < 3 ? 9 * id : 1))));
        }
      }
    }
  }

  private static CalibrationFinding.Builder statistics(int sample, int layer, int alive) {
    return CalibrationFinding.newBuilder().setAttention(layer(sample, layer, alive));
  }

  private static LayerStatistics layer(int sample, int layer, int alive) {
    List<Float> attention = new ArrayList<>(Collections.nCopies(alive, 0.01f));
    attention.set(0, 1f);
    return LayerStatistics.newBuilder()
        .setSample(sample)
        .setLayer(layer)
        .addAllSelfAttention(attention)
        .addAllCrossAttention(attention)
        .build();
  }

  private static CalibrateBegin.Builder begin() {
    return CalibrateBegin.newBuilder()
        .setModel("demo")
        .setShape(
            DecoderShape.newBuilder().setLayers(LAYERS).setHiddenSize(16).setIntermediateSize(44))
        .addSamples(
            SampleShape.newBuilder().setTextTokens(3).setVisualTokens(VISUAL).setPictures(1))
        .addSamples(SampleShape.newBuilder().setTextTokens(3));
  }

  private static CalibrateRequest request(CalibrateBegin begin) {
    return CalibrateRequest.newBuilder().setBegin(begin).build();
  }

  private static CalibrateRequest finding(CalibrationFinding.Builder finding) {
    return CalibrateRequest.newBuilder().setFinding(finding).build();
  }
}
