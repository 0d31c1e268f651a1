/** Looks at prompts layer by layer, for calibration. Knows neither gRPC nor the pruner. */
@NullMarked
package io.winnow.decoder.calibration;

import org.jspecify.annotations.NullMarked;
