/** Turns what happens to answers into OpenTelemetry spans. */
@org.jspecify.annotations.NullMarked
package io.winnow.decoder.tracing;
