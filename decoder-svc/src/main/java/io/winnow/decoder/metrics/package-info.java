/** Prometheus metrics; the only place that knows Micrometer. docs/telemetry.md lists them. */
@NullMarked
package io.winnow.decoder.metrics;

import org.jspecify.annotations.NullMarked;
