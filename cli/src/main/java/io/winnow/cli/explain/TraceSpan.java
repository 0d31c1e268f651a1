package io.winnow.cli.explain;

import java.util.Map;
import java.util.Optional;

/**
 * A span as a collector holds it.
 *
 * @param parentId empty for a root
 * @param service the process that made it
 * @param begin nanoseconds since the epoch
 * @param end nanoseconds since the epoch, not before {@code begin}
 * @param attributes values as text
 * @param failed whether its status is an error
 */
public record TraceSpan(
    String traceId,
    String id,
    String parentId,
    String service,
    String name,
    long begin,
    long end,
    Map<String, String> attributes,
    boolean failed) {

  public TraceSpan {
    attributes = Map.copyOf(attributes);
  }

  public Optional<String> attribute(String name) {
    return Optional.ofNullable(attributes.get(name));
  }

  public long nanos() {
    return end - begin;
  }
}
