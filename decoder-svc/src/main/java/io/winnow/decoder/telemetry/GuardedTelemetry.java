package io.winnow.decoder.telemetry;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** The listeners of one answer, kept from each other and from the answer. Thread-safe. */
final class GuardedTelemetry implements AnswerTelemetry {

  private static final Logger log = System.getLogger(GuardedTelemetry.class.getName());

  private final List<AnswerTelemetry> listeners;
  private boolean ended;

  private GuardedTelemetry(List<AnswerTelemetry> listeners) {
    this.listeners = listeners;
  }

  static AnswerTelemetry begin(List<TelemetrySource> sources, RequestOrigin origin) {
    List<AnswerTelemetry> listeners = new ArrayList<>();
    RequestOrigin told = origin;
    for (TelemetrySource source : sources) {
      RequestOrigin from = told;
      AnswerTelemetry listener = guarded(() -> source.begin(from), AnswerTelemetry.NONE);
      TraceContext own = guarded(() -> listener.context(Hop.REQUEST, 0), TraceContext.NONE);
      told = own.isPresent() ? from.within(own) : from;
      listeners.add(listener);
    }
    return new GuardedTelemetry(List.copyOf(listeners));
  }

  @Override
  public synchronized void on(AnswerEvent event) {
    if (ended) {
      return;
    }
    ended = event instanceof AnswerEvent.Finished || event instanceof AnswerEvent.Failed;
    for (AnswerTelemetry listener : listeners) {
      try {
        listener.on(event);
      } catch (RuntimeException e) {
        failed(e);
      }
    }
  }

  @Override
  public synchronized TraceContext context(Hop hop, int picture) {
    Function<AnswerTelemetry, TraceContext> asked =
        listener -> guarded(() -> listener.context(hop, picture), TraceContext.NONE);
    return listeners.stream()
        .map(asked)
        .filter(TraceContext::isPresent)
        .findFirst()
        .orElse(TraceContext.NONE);
  }

  private static <T> T guarded(Supplier<T> call, T otherwise) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      failed(e);
      return otherwise;
    }
  }

  private static void failed(RuntimeException e) {
    log.log(Level.WARNING, "a telemetry listener failed; the answer goes on without it", e);
  }
}
