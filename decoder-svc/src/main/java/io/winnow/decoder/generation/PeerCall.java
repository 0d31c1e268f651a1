package io.winnow.decoder.generation;

import io.winnow.decoder.telemetry.TraceContext;
import java.time.Duration;

/**
 * What comes with every call to another service.
 *
 * @param timeout for the exchange as a whole
 * @param trace place in the caller's trace
 */
public record PeerCall(Duration timeout, TraceContext trace) {

  /** A call outside of any trace. */
  public static PeerCall untraced(Duration timeout) {
    return new PeerCall(timeout, TraceContext.NONE);
  }
}
