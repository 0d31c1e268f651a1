/**
 * What happens to an answer, told to whoever wants to know: traces, metrics. Plain Java; the
 * listeners that speak a telemetry library live elsewhere.
 */
@org.jspecify.annotations.NullMarked
package io.winnow.decoder.telemetry;
