/** Makes OpenTelemetry spans of Encode streams. */
@org.jspecify.annotations.NullMarked
package io.winnow.encoder.tracing;
