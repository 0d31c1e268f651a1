package io.winnow.decoder.telemetry;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what it heard, and gives every call a trace context that names it. */
public final class RecordingTelemetry implements TelemetrySource {

  private final List<RequestOrigin> origins = new CopyOnWriteArrayList<>();
  private final List<AnswerEvent> events = new CopyOnWriteArrayList<>();

  @Override
  public AnswerTelemetry begin(RequestOrigin origin) {
    origins.add(origin);
    return new AnswerTelemetry() {
      @Override
      public void on(AnswerEvent event) {
        events.add(event);
      }

      @Override
      public TraceContext context(Hop hop, int picture) {
        return new TraceContext(hop + "-" + picture, "");
      }
    };
  }

  /** The requests that began. */
  public List<RequestOrigin> origins() {
    return origins;
  }

  /** Everything heard so far, of all answers. */
  public List<AnswerEvent> events() {
    return events;
  }

  /** The kinds of events heard, in order. */
  public List<String> kinds() {
    return events.stream().map(event -> event.getClass().getSimpleName()).toList();
  }

  /** The events of one kind. */
  public <E extends AnswerEvent> List<E> of(Class<E> kind) {
    return events.stream().filter(kind::isInstance).map(kind::cast).toList();
  }
}
