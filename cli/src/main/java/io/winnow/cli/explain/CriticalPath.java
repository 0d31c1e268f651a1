package io.winnow.cli.explain;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Which span kept a request from its first token, at every moment: walked backwards from there, at
 * each point into the span that had ended last, and inside it likewise. What no child covers is the
 * span's own time. The steps fill the time without gaps or overlaps, whatever the spans are.
 */
public final class CriticalPath {

  /** Clocks of two services on one network agree about this well; what overlaps less, followed. */
  private static final long CLOCK_SKEW_NANOS = 1_000_000;

  private final Trace trace;
  private final Deque<Step> steps = new ArrayDeque<>();

  private CriticalPath(Trace trace) {
    this.trace = trace;
  }

  /**
   * A stretch of a span's own time on the path.
   *
   * @param begin nanoseconds since the epoch
   * @param end nanoseconds since the epoch
   */
  public record Step(TraceSpan span, long begin, long end) {

    public long nanos() {
      return end - begin;
    }
  }

  /** The path from the request's begin to its first token, in order. */
  public static List<Step> of(Trace trace) {
    CriticalPath path = new CriticalPath(trace);
    path.walk(trace.root(), trace.root().begin(), trace.firstToken());
    return List.copyOf(path.steps);
  }

  /** Share of the time that is in spans below the request's own, from 0 to 1. */
  public static double coverage(Trace trace) {
    long all = trace.firstToken() - trace.root().begin();
    long own =
        of(trace).stream()
            .filter(step -> step.span().equals(trace.root()))
            .mapToLong(Step::nanos)
            .sum();
    return all == 0 ? 1 : 1 - (double) own / all;
  }

  private void walk(TraceSpan span, long from, long until) {
    long cursor = until;
    while (cursor > from) {
      Optional<TraceSpan> before = lastEnded(span, from, cursor);
      if (before.isEmpty()) {
        break;
      }
      TraceSpan child = before.get();
      long end = Math.min(child.end(), cursor);
      own(span, end, cursor);
      long begin = Math.max(child.begin(), from);
      walk(child, begin, end);
      cursor = begin;
    }
    own(span, from, cursor);
  }

  /** The child that ended last before {@code cursor}, which had begun by then. */
  private Optional<TraceSpan> lastEnded(TraceSpan span, long from, long cursor) {
    return trace.children(span).stream()
        .filter(child -> child.begin() < cursor && child.end() > from)
        .filter(child -> child.end() <= cursor + CLOCK_SKEW_NANOS)
        .max(
            Comparator.comparingLong((TraceSpan child) -> Math.min(child.end(), cursor))
                .thenComparing(Comparator.comparingLong(TraceSpan::begin).reversed()));
  }

  private void own(TraceSpan span, long begin, long end) {
    if (end > begin) {
      steps.addFirst(new Step(span, begin, end));
    }
  }
}
