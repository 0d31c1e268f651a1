package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.AnswerListener;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ChatService;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;

/**
 * Answers conversations by way of the encoder, the pruner and a decoder runtime.
 *
 * <p>An answer's life: check and tokenize, one exchange with the encoder per picture, a plan by the
 * pruner, fetch what the plan keeps, prefill, tokens. {@link RunningAnswer} is that life.
 */
public final class GenerationFlow implements ChatService {

  private final List<AnsweringModel> models;
  private final FlowPorts ports;
  private final FlowLimits limits;
  private final PromptPreparation preparation;
  private final LiveAnswers live;

  /**
   * @param models at least one; the first is the default
   */
  public GenerationFlow(List<AnsweringModel> models, FlowPorts ports, FlowLimits limits) {
    if (models.isEmpty()) {
      throw new IllegalArgumentException("there is no model to answer");
    }
    this.models = List.copyOf(models);
    this.ports = ports;
    this.limits = limits;
    this.preparation = new PromptPreparation(this.models, limits);
    this.live = new LiveAnswers(limits);
  }

  @Override
  public ActiveAnswer answer(
      ChatRequest request, AnswerListener listener, AnswerTelemetry telemetry) {
    LiveAnswers.Place place = live.place(request);
    Timeline timeline = new Timeline(ports.timers(), telemetry);
    RunningAnswer answer =
        new RunningAnswer(ports, limits, request, listener, timeline, place::leave);
    Optional<ChatFailure> refusal = place.enter(answer);
    if (refusal.isPresent()) {
      telemetry.on(new AnswerEvent.Failed(timeline.now(), refusal.get()));
      refuse(refusal.get(), listener);
      return new RefusedAnswer();
    }
    answer.begin(preparation);
    return answer;
  }

  private void refuse(ChatFailure refusal, AnswerListener listener) {
    try {
      ports.executor().execute(() -> listener.onFailed(refusal));
    } catch (RejectedExecutionException e) {
      listener.onFailed(refusal); // after the stop: the servers go last
    }
  }

  @Override
  public PromptCount count(ChatRequest request) {
    return preparation.prepare(request).count();
  }

  @Override
  public List<ServedModel> models() {
    return models.stream()
        .map(
            model ->
                new ServedModel(model.name(), model.contextLength(), model.createdEpochSecond()))
        .toList();
  }

  /** Answers under way. */
  public int liveAnswers() {
    return live.count();
  }

  /** Whether new answers have a chance: nothing stops, and the runtime of every model lives. */
  public boolean ready() {
    return live.takesNew() && models.stream().allMatch(model -> model.runtime().alive());
  }

  /**
   * Refuses new answers and waits for those under way.
   *
   * @return whether all of them ended within the time; the others were ended then
   */
  public boolean drain(Duration patience) throws InterruptedException {
    live.refuseNew();
    if (live.awaitNone(patience)) {
      return true;
    }
    for (RunningAnswer answer : live.answers()) {
      answer.fail(Reason.UNAVAILABLE, "decoder-svc is stopping; ask again");
    }
    return false;
  }

  /** An answer that never began. */
  private static final class RefusedAnswer implements ActiveAnswer {

    @Override
    public void request(int deltas) {
      // It has ended.
    }

    @Override
    public void cancel() {
      // It has ended.
    }
  }
}
