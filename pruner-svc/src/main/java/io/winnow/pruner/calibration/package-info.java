/** Finds recipes. Plain Java: runs happen elsewhere, behind {@link PromptRuns}. */
@NullMarked
package io.winnow.pruner.calibration;

import org.jspecify.annotations.NullMarked;
