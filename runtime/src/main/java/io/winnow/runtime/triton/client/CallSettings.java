package io.winnow.runtime.triton.client;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How one call is made.
 *
 * @param timeout the whole call's, retries included; a stream's from opening to end; positive
 * @param headers gRPC metadata, names in lower case
 * @param repeatable whether the request may reach the server twice, so that a failed call may be
 *     tried again. Calls that only read are always repeatable; an inference is not unless this says
 *     so, and never in a sequence
 * @param compressed whether messages are sent gzip-compressed
 */
public record CallSettings(
    Duration timeout, Map<String, String> headers, boolean repeatable, boolean compressed) {

  public CallSettings {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout " + timeout + " is not positive");
    }
    headers = Map.copyOf(headers);
  }

  /** A call that must end within a time; no headers, not repeatable, not compressed. */
  public static CallSettings within(Duration timeout) {
    return new CallSettings(timeout, Map.of(), false, false);
  }

  /** With another timeout. */
  public CallSettings withTimeout(Duration other) {
    return new CallSettings(other, headers, repeatable, compressed);
  }

  /** With a header; one of the same name is replaced. */
  public CallSettings withHeader(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name.toLowerCase(Locale.ROOT), value);
    return new CallSettings(timeout, more, repeatable, compressed);
  }

  /**
   * With the W3C trace context, so that the server's spans join the caller's trace. On a stream it
   * counts for every request.
   */
  public CallSettings withTraceparent(String traceparent) {
    return withHeader("traceparent", traceparent);
  }

  /** Allows repetition. */
  public CallSettings asRepeatable() {
    return new CallSettings(timeout, headers, true, compressed);
  }

  /** Sends messages compressed: only for slow networks. */
  public CallSettings asCompressed() {
    return new CallSettings(timeout, headers, repeatable, true);
  }
}
