package io.winnow.decoder.generation;

import static java.util.Objects.requireNonNull;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.AnswerListener;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.AnswerSummary.Finish;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.generation.PlanReader.RefusedPlanException;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.AnswerTelemetry.Hop;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.SegmentEnd;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.Plan;
import io.winnow.v1.Verdict;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of one answer. Whatever happens outside becomes an event in its mailbox, so the
 * transitions below never meet; what arrives after the end is dropped.
 *
 * <pre>
 * PREPARING -> ENCODING -> PLANNING -> FETCHING -> GENERATING -> ENDED
 *         (without pictures: straight to PLANNING, and from there to GENERATING)
 * </pre>
 */
final class RunningAnswer
    implements ActiveAnswer, PictureEncodings.Events, PlanExchange.Events, AnswerGeneration.Events {

  private static final Logger log = System.getLogger(RunningAnswer.class.getName());

  private final FlowPorts ports;
  private final FlowLimits limits;
  private final AnswerGuard listener;
  private final Runnable onEnded;
  private final Mailbox mailbox;
  private final Timeline timeline;
  private final AnswerTelemetry telemetry;
  private final PlanExchange pruner;
  private final Duration timeout;
  private final long seed;

  private Stage stage = Stage.PREPARING;
  private ChatRequest request;
  private Timers.@Nullable Timer deadline;
  private @Nullable PreparedPrompt prompt;
  private @Nullable PictureEncodings pictures;
  private List<EncodedLayout> layouts = List.of(); // [pictures]
  private @Nullable AnswerPlan plan;
  private @Nullable PromptAssembly assembly;
  private @Nullable AnswerGeneration generation;
  private @Nullable ExitDialogue exit;
  private int requested; // deltas allowed before there is a generation

  RunningAnswer(
      FlowPorts ports,
      FlowLimits limits,
      ChatRequest request,
      AnswerListener listener,
      Timeline timeline,
      Runnable onEnded) {
    this.ports = ports;
    this.limits = limits;
    this.request = request;
    this.listener = new AnswerGuard(listener);
    this.onEnded = onEnded;
    this.mailbox = new Mailbox(ports.executor());
    this.timeline = timeline;
    this.telemetry = timeline.telemetry();
    this.pruner = new PlanExchange(this::post, ports.timers(), limits.planTimeout(), this);
    this.timeout = request.timeout();
    this.seed = request.sampling().seed().orElseGet(ports.seeds());
  }

  void begin(PromptPreparation preparation) {
    post(() -> prepare(preparation));
  }

  @Override
  public void request(int deltas) {
    if (deltas < 1) {
      throw new IllegalArgumentException("deltas is " + deltas + ", must be at least 1");
    }
    post(() -> allow(deltas));
  }

  @Override
  public void cancel() {
    fail(Reason.CANCELLED, "the caller cancelled the answer");
  }

  /** Ends the answer from outside, unless it has ended. */
  void fail(Reason reason, String message) {
    post(() -> end(ChatFailure.of(reason, message)));
  }

  // Preparing

  private void prepare(PromptPreparation preparation) {
    deadline = ports.timers().after(timeout, () -> post(this::timedOut));
    long since = timeline.now();
    PreparedPrompt prepared = preparation.prepare(request);
    telemetry.on(prepared.event(timeline.now(), since));
    prompt = prepared.withoutFiles(); // an answer may live long after its files are sent
    request = request.withMessages(List.of());
    stage = Stage.ENCODING;
    PeerCall call = new PeerCall(timeline.remaining(timeout), telemetry.context(Hop.REQUEST, 0));
    pruner.open(ports.pruner(), call);
    PictureEncodings opened = new PictureEncodings(prepared.model(), this::post, timeline, this);
    pictures = opened;
    if (prepared.pictures().isEmpty()) {
      encoded(List.of());
    } else {
      opened.open(ports.encoder(), prepared.pictures(), timeline.remaining(timeout));
    }
  }

  // Encoding

  @Override
  public void encoded(List<EncodedLayout> layouts) {
    stage = Stage.PLANNING;
    this.layouts = layouts;
    timeline.askedForPlan();
    TraceContext trace = telemetry.context(Hop.DECIDE, 0);
    pruner.begin(DecideMessages.begin(prompt(), layouts, request.reduction(), trace));
  }

  @Override
  public void encodingFailed(ChatFailure failure) {
    end(failure);
  }

  // Planning

  @Override
  public void planned(Plan message) {
    PreparedPrompt prepared = prompt();
    PlanReader reader =
        new PlanReader(
            prepared.model().decoder(),
            prepared.pictures().size(),
            prepared.model().tokensPerPicture());
    try {
      follow(reader.read(message), true);
    } catch (RefusedPlanException e) {
      end(ChatFailure.of(Reason.INTERNAL, String.valueOf(e.getMessage())));
    }
  }

  @Override
  public void unplanned(String reason) {
    log.log(Level.DEBUG, "answer {0}: {1}", request.id(), reason);
    PreparedPrompt prepared = prompt();
    follow(
        AnswerPlan.keepAll(prepared.pictures().size(), prepared.model().tokensPerPicture(), reason),
        false);
  }

  @Override
  public void refused(ChatFailure failure) {
    end(failure);
  }

  private void follow(AnswerPlan checked, boolean byPruner) {
    timeline.planned(checked, byPruner);
    plan = checked;
    PromptAssembly planned =
        new PromptAssembly(checked, prompt().model().decoder().getHiddenSize());
    assembly = planned;
    stage = Stage.FETCHING;
    if (prompt().pictures().isEmpty()) {
      fetched();
    } else {
      requireNonNull(pictures).fetch(checked.selections(), planned.targets());
    }
  }

  // Fetching

  @Override
  public void fetched() {
    stage = Stage.GENERATING;
    PreparedPrompt prepared = prompt();
    AnswerOutput output =
        new AnswerOutput(
            prepared.model(),
            prepared.model().text().answer(request.stop()),
            listener,
            request.topLogprobs().isPresent());
    AnswerGeneration begun =
        new AnswerGeneration(this::post, timeline, output, limits.stalledReaderTimeout(), this);
    telemetry.on(new AnswerEvent.Submitted(timeline.now()));
    begun.start(prepared.model().runtime(), generationRequest(prepared));
    generation = begun;
    exit =
        new ExitDialogue(
            requireNonNull(plan),
            prepared.model().decoder(),
            timeline,
            new ExitDialogue.Parties(pruner, begun, this::post, limits.verdictTimeout()));
    if (requested > 0) {
      begun.allow(requested);
    }
  }

  private GenerationRequest generationRequest(PreparedPrompt prepared) {
    return new GenerationRequest(
        requireNonNull(assembly).prompt(prepared.rows()),
        requireNonNull(plan).prefill().withTracing(request.reduction().report()),
        sampling(),
        prepared.maxTokens(),
        Optional.empty(),
        telemetry.context(Hop.GENERATE, 0).header());
  }

  private Sampling sampling() {
    ChatRequest.SamplingChoice choice = request.sampling();
    return new Sampling(
        choice.temperature(), choice.topP(), choice.topK(), seed, request.topLogprobs().orElse(0));
  }

  // Generating

  @Override
  public void started() {
    PreparedPrompt prepared = prompt();
    listener.onStarted(
        new AnswerStarted(request.id(), prepared.model().name(), seed, prepared.count()));
  }

  @Override
  public void prefilled(AnswerGeneration.Prefilled prefilled) {
    timeline.prefilled(prefilled.summary());
    telemetry.on(PrefillEvents.prefilled(prefilled, prompt().model().decoder(), prompt().count()));
  }

  @Override
  public void segmentEnded(SegmentEnd end) {
    requireNonNull(exit).segmentEnded(end);
  }

  @Override
  public void decided(Verdict verdict) {
    if (exit != null) {
      exit.verdict(verdict);
    }
  }

  @Override
  public void undecided(String reason) {
    log.log(Level.DEBUG, "answer {0}: {1}", request.id(), reason);
    if (exit != null) {
      exit.lost(reason);
    }
  }

  private void allow(int deltas) {
    if (generation == null) {
      requested = (int) Math.min((long) requested + deltas, Integer.MAX_VALUE);
    } else {
      generation.allow(deltas);
    }
  }

  @Override
  public void generationFailed(ChatFailure failure) {
    end(failure);
  }

  // The end

  @Override
  public void concluded(Finish finish) {
    AnswerSummary summary = summary(finish);
    release();
    pruner.finish(DecideMessages.outcome(true, timeline));
    telemetry.on(new AnswerEvent.Finished(timeline.now(), summary));
    tell(() -> listener.onFinished(summary));
  }

  private AnswerSummary summary(Finish cause) {
    PreparedPrompt prepared = prompt();
    return new AnswerAccount(
            prepared,
            timeline,
            new ReductionAccount(prepared, layouts, requireNonNull(plan)),
            requireNonNull(exit))
        .summary(cause, request.reduction().report());
  }

  private void timedOut() {
    String message = "the answer was not complete after %d ms; it was %s";
    end(ChatFailure.of(Reason.TIMEOUT, message.formatted(timeout.toMillis(), stage.doing)));
  }

  private void end(ChatFailure failure) {
    release();
    pruner.finish(DecideMessages.outcome(false, timeline));
    telemetry.on(new AnswerEvent.Failed(timeline.now(), failure));
    tell(() -> listener.onFailed(failure));
  }

  /** Frees everything at every hop but the pruner's, who gets the outcome. */
  private void release() {
    stage = Stage.ENDED;
    if (exit != null) {
      exit.stop();
    }
    if (deadline != null) {
      deadline.cancel();
    }
    if (generation != null) {
      generation.close();
    }
    if (pictures != null) {
      pictures.cancel();
    }
  }

  private void tell(Runnable terminalEvent) {
    try {
      terminalEvent.run();
    } finally {
      onEnded.run();
    }
  }

  private PreparedPrompt prompt() {
    return requireNonNull(prompt, "not prepared yet");
  }

  private void post(Runnable event) {
    mailbox.execute(
        () -> {
          if (stage == Stage.ENDED) {
            return;
          }
          try {
            event.run();
          } catch (ChatFailureException e) {
            end(e.failure());
          } catch (RuntimeException | Error e) {
            broken(e); // out of memory too: its listener must not wait for ever
          }
        });
  }

  private void broken(Throwable defect) {
    log.log(Level.ERROR, "answer " + request.id() + " failed while " + stage.doing, defect);
    if (stage != Stage.ENDED) {
      end(ChatFailure.of(Reason.INTERNAL, "the answer failed; the log of decoder-svc has why"));
    }
  }

  private enum Stage {
    PREPARING("reading the request"),
    ENCODING("encoding the pictures"),
    PLANNING("waiting for the plan"),
    FETCHING("fetching the visual tokens"),
    GENERATING("generating"),
    ENDED("over");

    private final String doing;

    Stage(String doing) {
      this.doing = doing;
    }
  }
}
