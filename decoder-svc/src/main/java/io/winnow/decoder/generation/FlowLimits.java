package io.winnow.decoder.generation;

import java.time.Duration;

/**
 * Bounds of the flow.
 *
 * @param maxAnswers answers under way at a time
 * @param maxPictures pictures of one conversation
 * @param maxPictureBytes size of one picture file
 * @param maxPicturesBytes picture files of all answers under way together
 * @param planTimeout how long to wait for the pruner's plan
 * @param verdictTimeout how long the prefill of a blocking plan waits for each verdict
 * @param stalledReaderTimeout how long an answer may wait for its reader
 */
public record FlowLimits(
    int maxAnswers,
    int maxPictures,
    long maxPictureBytes,
    long maxPicturesBytes,
    Duration planTimeout,
    Duration verdictTimeout,
    Duration stalledReaderTimeout) {}
