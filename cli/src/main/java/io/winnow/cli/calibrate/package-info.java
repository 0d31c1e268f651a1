/** Runs calibrations: holds the streams to the decoder and the pruner, and passes messages on. */
@NullMarked
package io.winnow.cli.calibrate;

import org.jspecify.annotations.NullMarked;
