package io.winnow.decoder.grpc;

import io.winnow.decoder.calibration.CalibrationLimits;
import io.winnow.decoder.calibration.CalibrationRuns;
import io.winnow.decoder.calibration.Findings;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.generation.AnsweringModel;
import io.winnow.decoder.generation.UnprunedPrompts;
import io.winnow.runtime.LayerAttention;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.streams.Conversation;
import io.winnow.runtime.streams.ConversationEndedException;
import io.winnow.v1.AnswerLogits;
import io.winnow.v1.CalibrationFinding;
import io.winnow.v1.CalibrationPrompt;
import io.winnow.v1.CalibrationTask;
import io.winnow.v1.CollectStarted;
import io.winnow.v1.CollectStatisticsRequest;
import io.winnow.v1.CollectStatisticsResponse;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.LayerStatistics;
import io.winnow.v1.PromptPrepared;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** One CollectStatistics stream, on a thread of its own. */
final class CollectStatisticsCall implements Supplier<Runnable>, Findings {

  private static final Logger log = System.getLogger(CollectStatisticsCall.class.getName());

  /** A quarter of a MiB in one message. */
  static final int LOGITS_PER_MESSAGE = 65_536;

  private final Conversation<CollectStatisticsRequest, CollectStatisticsResponse> client;
  private final UnprunedPrompts prompts;
  private final CalibrationLimits limits;
  private final long endNanos;

  /**
   * @param timeout what the caller's deadline and the limits leave
   */
  CollectStatisticsCall(
      Conversation<CollectStatisticsRequest, CollectStatisticsResponse> client,
      UnprunedPrompts prompts,
      CalibrationLimits limits,
      Duration timeout) {
    this.client = client;
    this.prompts = prompts;
    this.limits = limits;
    this.endNanos = System.nanoTime() + timeout.toNanos();
  }

  /** Serves the stream, and gives how it ends. */
  @Override
  public Runnable get() {
    try {
      serve();
      return client::complete;
    } catch (ChatFailureException e) {
      return failing(e.failure());
    } catch (ConversationEndedException e) {
      // Who has gone is not told; gRPC drops what is sent to them.
      return failing(ChatFailure.of(Reason.TIMEOUT, e.getMessage() + "; calibrate again"));
    } catch (InterruptedException | RuntimeStoppedException e) {
      return failing(
          ChatFailure.of(Reason.UNAVAILABLE, "decoder-svc is stopping; calibrate elsewhere"));
    } catch (RuntimeException | OutOfMemoryError e) {
      log.log(Level.ERROR, "a calibration failed", e);
      return failing(
          ChatFailure.of(
              Reason.INTERNAL, "the calibration failed; the log of decoder-svc has why"));
    }
  }

  private Runnable failing(ChatFailure failure) {
    return () -> client.fail(FailureStatus.of(failure));
  }

  private void serve() throws ConversationEndedException, InterruptedException {
    AnsweringModel model = begin();
    try (CalibrationRuns runs = new CalibrationRuns(model.name(), model.runtime(), limits)) {
      client.say(
          CollectStatisticsResponse.newBuilder()
              .setStarted(
                  CollectStarted.newBuilder()
                      .setModel(model.name())
                      .setShape(model.shape())
                      .setMaxPrompts(limits.maxPrompts()))
              .build());
      Optional<CollectStatisticsRequest> message = client.next();
      while (message.isPresent()) {
        if (System.nanoTime() - endNanos > 0) {
          throw new ChatFailureException(
              ChatFailure.of(
                  Reason.TIMEOUT,
                  "the calibration took longer than its deadline; winnow.decoder.calibration.timeout"
                      + " is the longest"));
        }
        switch (message.get().getStepCase()) {
          case PROMPT -> prepare(model, runs, message.get().getPrompt());
          case TASK -> run(runs, message.get().getTask());
          case BEGIN -> throw invalid("a second CollectBegin");
          case STEP_NOT_SET -> throw invalid("a message without a step");
        }
        message = client.next();
      }
    }
  }

  private AnsweringModel begin() throws ConversationEndedException, InterruptedException {
    CollectStatisticsRequest first =
        client.next().orElseThrow(() -> invalid("an end before the CollectBegin"));
    if (!first.hasBegin()) {
      throw invalid("a first message that is not a CollectBegin");
    }
    String name = first.getBegin().getModel();
    return prompts.model(name.isEmpty() ? Optional.empty() : Optional.of(name));
  }

  private void prepare(AnsweringModel model, CalibrationRuns runs, CalibrationPrompt prompt)
      throws ConversationEndedException, InterruptedException {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setModel(model.name())
            .addAllMessages(prompt.getMessagesList())
            .build();
    ChatRequest read = GenerateRequestReader.read(request, "calibration", limits.patience());
    UnprunedPrompts.Loaded loaded = prompts.load(read);
    int sample = runs.add(loaded.prompt());
    client.say(
        CollectStatisticsResponse.newBuilder()
            .setPrepared(
                PromptPrepared.newBuilder()
                    .setSample(sample)
                    .setTokens(GenerateMessages.count(loaded.count()))
                    .setPictures(loaded.pictures()))
            .build());
  }

  private void run(CalibrationRuns runs, CalibrationTask task)
      throws ConversationEndedException, InterruptedException {
    switch (task.getKindCase()) {
      case ATTENTION ->
          runs.attend(task.getAttention().getSample(), task.getAttention().getThrough(), this);
      case DROP ->
          runs.drop(
              task.getDrop().getVisualList().stream().mapToInt(Integer::intValue).toArray(), this);
      case ANSWER ->
          runs.answer(
              task.getAnswer().getSample(),
              task.getAnswer().getWithdrawLayersList().stream()
                  .mapToInt(Integer::intValue)
                  .toArray(),
              task.getAnswer().getAnswerTokens(),
              this);
      case KIND_NOT_SET -> throw invalid("a task of no kind");
    }
  }

  @Override
  public void attention(int sample, LayerAttention seen)
      throws ConversationEndedException, InterruptedException {
    LayerStatistics.Builder statistics =
        LayerStatistics.newBuilder().setSample(sample).setLayer(seen.layer());
    for (int row = 0; row < seen.self().length; row++) {
      statistics.addSelfAttention(seen.self()[row]).addCrossAttention(seen.cross()[row]);
    }
    say(CalibrationFinding.newBuilder().setAttention(statistics).build());
  }

  @Override
  public void logits(int sample, int withdrawLayer, int token, int tokens, float[] logits)
      throws ConversationEndedException, InterruptedException {
    for (int first = 0; first < logits.length; first += LOGITS_PER_MESSAGE) {
      AnswerLogits.Builder part =
          AnswerLogits.newBuilder()
              .setSample(sample)
              .setWithdrawLayer(withdrawLayer)
              .setToken(token)
              .setTokens(tokens)
              .setVocabularySize(logits.length)
              .setFirstId(first);
      int end = Math.min(logits.length, first + LOGITS_PER_MESSAGE);
      for (int id = first; id < end; id++) {
        part.addLogits(logits[id]);
      }
      say(CalibrationFinding.newBuilder().setLogits(part).build());
    }
  }

  private void say(CalibrationFinding finding)
      throws ConversationEndedException, InterruptedException {
    client.say(CollectStatisticsResponse.newBuilder().setFinding(finding).build());
  }

  private static ChatFailureException invalid(String what) {
    return new ChatFailureException(
        ChatFailure.of(
            Reason.INVALID_REQUEST,
            "the stream goes CollectBegin, CalibrationPrompts, CalibrationTasks, end; this was "
                + what));
  }
}
