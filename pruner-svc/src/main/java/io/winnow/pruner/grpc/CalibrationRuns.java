package io.winnow.pruner.grpc;

import io.winnow.pruner.calibration.Progress;
import io.winnow.pruner.calibration.PromptRuns;
import io.winnow.pruner.planning.PrunerFailure;
import io.winnow.pruner.planning.PrunerFailure.Reason;
import io.winnow.runtime.streams.Conversation;
import io.winnow.runtime.streams.ConversationEndedException;
import io.winnow.v1.AnswerTask;
import io.winnow.v1.AttentionTask;
import io.winnow.v1.CalibrateRequest;
import io.winnow.v1.CalibrateResponse;
import io.winnow.v1.CalibrationFinding;
import io.winnow.v1.CalibrationProgress;
import io.winnow.v1.CalibrationTask;
import io.winnow.v1.DropTask;
import io.winnow.v1.LayerStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Has prompts run by way of the client, one task after the other. */
final class CalibrationRuns implements PromptRuns, Progress {

  private final Conversation<CalibrateRequest, CalibrateResponse> client;
  private final int layers;

  CalibrationRuns(Conversation<CalibrateRequest, CalibrateResponse> client, int layers) {
    this.client = client;
    this.layers = layers;
  }

  /**
   * Unchecked, since searches have nothing to say to it: the call is over, or what came is wrong.
   */
  static final class BrokenOffException extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private final transient PrunerFailure failure;

    private BrokenOffException(PrunerFailure failure) {
      super(failure.message());
      this.failure = failure;
    }

    PrunerFailure failure() {
      return failure;
    }

    static BrokenOffException of(ConversationEndedException end) {
      return new BrokenOffException(
          PrunerFailure.of(Reason.IDLE, end.getMessage() + "; calibrate again"));
    }
  }

  @Override
  public void attend(int sample, LayerVisitor visitor) throws InterruptedException {
    ask(attention(sample, false));
    // Nothing comes after the last layer, so nobody needs to look at it.
    for (int layer = 0; layer < layers - 1; layer++) {
      int[] dropped = visitor.drop(layer, layer(sample, layer));
      if (layer < layers - 2) {
        DropTask task =
            DropTask.newBuilder().addAllVisual(Arrays.stream(dropped).boxed().toList()).build();
        ask(CalibrationTask.newBuilder().setDrop(task).build());
      }
    }
  }

  @Override
  public List<AttentionVectors> attend(int sample) throws InterruptedException {
    ask(attention(sample, true));
    List<AttentionVectors> seen = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      seen.add(layer(sample, layer));
    }
    return seen;
  }

  @Override
  public AnswerLogits answer(int sample, int[] withdrawLayers, int answerTokens)
      throws InterruptedException {
    AnswerTask task =
        AnswerTask.newBuilder()
            .setSample(sample)
            .addAllWithdrawLayers(Arrays.stream(withdrawLayers).boxed().toList())
            .setAnswerTokens(answerTokens)
            .build();
    ask(CalibrationTask.newBuilder().setAnswer(task).build());
    float[][] full = rows(sample, layers, answerTokens);
    List<float[][]> withdrawn = new ArrayList<>();
    for (int layer : withdrawLayers) {
      float[][] rows = rows(sample, layer, answerTokens);
      require(
          rows.length == full.length && rows[0].length == full[0].length,
          "logits of %d tokens where there were %d",
          rows.length,
          full.length);
      withdrawn.add(rows);
    }
    return new AnswerLogits(full, withdrawn);
  }

  @Override
  public void prompt(String phase, int done, int total) throws InterruptedException {
    say(
        CalibrateResponse.newBuilder()
            .setProgress(
                CalibrationProgress.newBuilder().setPhase(phase).setDone(done).setTotal(total))
            .build());
  }

  private static CalibrationTask attention(int sample, boolean through) {
    return CalibrationTask.newBuilder()
        .setAttention(AttentionTask.newBuilder().setSample(sample).setThrough(through))
        .build();
  }

  private AttentionVectors layer(int sample, int layer) throws InterruptedException {
    LayerStatistics found = finding().getAttention();
    require(
        found.getSample() == sample
            && found.getLayer() == layer
            && found.getSelfAttentionCount() > 0
            && found.getSelfAttentionCount() == found.getCrossAttentionCount(),
        "something else than the statistics of layer %d of prompt %d",
        layer,
        sample);
    return new AttentionVectors(
        floats(found.getSelfAttentionList()), floats(found.getCrossAttentionList()));
  }

  /** Logits of every token of one run // [tokens][vocabulary] */
  private float[][] rows(int sample, int layer, int mostTokens) throws InterruptedException {
    List<float[]> rows = new ArrayList<>();
    int tokens = 1;
    while (rows.size() < tokens) {
      float[] row = {};
      int filled = 0;
      do {
        io.winnow.v1.AnswerLogits part = finding().getLogits();
        boolean fits =
            part.getSample() == sample
                && part.getWithdrawLayer() == layer
                && part.getToken() == rows.size()
                && part.getTokens() >= 1
                && part.getTokens() <= mostTokens
                && part.getFirstId() == filled
                && part.getLogitsCount() > 0
                && part.getVocabularySize() <= MOST_LOGITS
                && filled + part.getLogitsCount() <= part.getVocabularySize();
        require(fits, "something else than logits of layer %d of prompt %d", layer, sample);
        tokens = part.getTokens();
        row = filled == 0 ? new float[part.getVocabularySize()] : row;
        require(row.length == part.getVocabularySize(), "a vocabulary that changes");
        for (float logit : part.getLogitsList()) {
          row[filled++] = logit;
        }
      } while (filled < row.length);
      rows.add(row);
    }
    return rows.toArray(float[][]::new);
  }

  private static final int MOST_LOGITS = 1 << 20;

  private static float[] floats(List<Float> values) {
    float[] floats = new float[values.size()];
    for (int index = 0; index < floats.length; index++) {
      floats[index] = values.get(index);
      require(Float.isFinite(floats[index]), "attention that is not finite");
    }
    return floats;
  }

  private CalibrationFinding finding() throws InterruptedException {
    try {
      CalibrateRequest request =
          client.next().orElseThrow(() -> broken("the end of the stream amid a search"));
      require(request.hasFinding(), "a message that is not a CalibrationFinding");
      return request.getFinding();
    } catch (ConversationEndedException e) {
      throw BrokenOffException.of(e);
    }
  }

  private void ask(CalibrationTask task) throws InterruptedException {
    say(CalibrateResponse.newBuilder().setTask(task).build());
  }

  private void say(CalibrateResponse response) throws InterruptedException {
    try {
      client.say(response);
    } catch (ConversationEndedException e) {
      throw BrokenOffException.of(e);
    }
  }

  private static void require(boolean condition, String what, Object... values) {
    if (!condition) {
      throw broken(what.formatted(values));
    }
  }

  private static BrokenOffException broken(String what) {
    return new BrokenOffException(
        PrunerFailure.of(
            Reason.PROTOCOL_VIOLATION, "the findings must answer the task; this was " + what));
  }
}
