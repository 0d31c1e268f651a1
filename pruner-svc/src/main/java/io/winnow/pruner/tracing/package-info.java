/** Makes OpenTelemetry spans of Decide streams. */
@org.jspecify.annotations.NullMarked
package io.winnow.pruner.tracing;
