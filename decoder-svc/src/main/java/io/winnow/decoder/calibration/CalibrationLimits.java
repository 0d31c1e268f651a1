package io.winnow.decoder.calibration;

import java.time.Duration;

/**
 * Bounds of a calibration.
 *
 * @param maxPrompts prompts that are kept
 * @param maxBytes visual tokens of these, in bytes
 * @param timeout for the calibration as a whole
 * @param patience how long the caller may be silent
 */
public record CalibrationLimits(
    int maxPrompts, long maxBytes, Duration timeout, Duration patience) {}
