package io.winnow.cli.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The spans of one request, as a tree. */
public final class Trace {

  private static final String TIME_TO_FIRST_TOKEN = "gen_ai.response.time_to_first_chunk";
  private static final String OPERATION = "gen_ai.operation.name";

  private final TraceSpan root;
  private final Map<String, List<TraceSpan>> children = new HashMap<>(); // by begin
  private final Map<String, TraceSpan> spans = new HashMap<>(); // by id
  private final List<TraceSpan> orphans = new ArrayList<>();

  private Trace(TraceSpan root, List<TraceSpan> all) {
    this.root = root;
    all.forEach(span -> spans.put(span.id(), span));
    for (TraceSpan span : all) {
      if (span.id().equals(root.id())) {
        continue;
      }
      if (spans.containsKey(span.parentId())) {
        children.computeIfAbsent(span.parentId(), id -> new ArrayList<>()).add(span);
      } else {
        orphans.add(span);
      }
    }
    children.values().forEach(list -> list.sort(Comparator.comparingLong(TraceSpan::begin)));
  }

  /** The request of a trace; empty if the spans hold none. */
  public static Optional<Trace> of(String traceId, List<TraceSpan> all) {
    List<TraceSpan> spans = new ArrayList<>();
    Set<String> seen = new HashSet<>(); // a span may have been collected twice
    for (TraceSpan span : all) {
      if (span.traceId().equals(traceId) && seen.add(span.id())) {
        spans.add(span);
      }
    }
    return spans.stream()
        .filter(Trace::isRequest)
        .min(Comparator.comparingLong(TraceSpan::begin))
        .map(root -> new Trace(root, spans));
  }

  /** The trace of the request that began last; empty if the spans hold none. */
  public static Optional<Trace> last(List<TraceSpan> all) {
    return all.stream()
        .filter(Trace::isRequest)
        .max(Comparator.comparingLong(TraceSpan::begin))
        .flatMap(request -> of(request.traceId(), all));
  }

  private static boolean isRequest(TraceSpan span) {
    return span.attribute(OPERATION).isPresent();
  }

  /** The request's span. */
  public TraceSpan root() {
    return root;
  }

  /** The span above; empty for the request's and for orphans. */
  public Optional<TraceSpan> parent(TraceSpan span) {
    return span.id().equals(root.id())
        ? Optional.empty()
        : Optional.ofNullable(spans.get(span.parentId()));
  }

  /** The spans below, in the order of their begin. */
  public List<TraceSpan> children(TraceSpan span) {
    return children.getOrDefault(span.id(), List.of());
  }

  /** Spans of the trace whose parent is missing; those of the caller's own are not held here. */
  public List<TraceSpan> orphans() {
    return orphans.stream().filter(span -> !span.id().equals(root.id())).toList();
  }

  public boolean hasFirstToken() {
    return root.attribute(TIME_TO_FIRST_TOKEN).isPresent();
  }

  /** When the first token was there, or else the end; nanoseconds since the epoch. */
  public long firstToken() {
    return root.attribute(TIME_TO_FIRST_TOKEN)
        .map(seconds -> root.begin() + Math.round(Double.parseDouble(seconds) * 1e9))
        .map(at -> Math.min(at, root.end()))
        .orElse(root.end());
  }
}
