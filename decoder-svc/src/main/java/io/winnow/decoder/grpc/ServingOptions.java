package io.winnow.decoder.grpc;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * How the service serves.
 *
 * @param counting counts tokens; bounded, what it rejects is refused
 * @param maxTimeout deadline of answers whose client sets none, and the longest that it may set
 */
public record ServingOptions(Executor counting, Duration maxTimeout) {}
