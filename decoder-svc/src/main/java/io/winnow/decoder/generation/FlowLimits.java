package io.winnow.decoder.generation;

import java.time.Duration;

/**
 * Bounds of the flow.
 *
 * @param maxAnswers answers under way at a time
 * @param maxPictures pictures of one conversation
 * @param maxPictureBytes size of one picture file
 * @param maxPicturesBytes picture files of all answers under way together
 * @param planTimeout how long to wait for the pruner's plan, or for a verdict that the plan waits
 *     for
 * @param stalledReaderTimeout how long an answer may wait for its reader
 */
public record FlowLimits(
    int maxAnswers,
    int maxPictures,
    long maxPictureBytes,
    long maxPicturesBytes,
    Duration planTimeout,
    Duration stalledReaderTimeout) {}
