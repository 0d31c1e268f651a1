package io.winnow.decoder.generation;

import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * What the flow uses of the world.
 *
 * @param encoder encodes pictures
 * @param pruner decides on visual tokens
 * @param executor runs the answers' events; bounded by the number of answers
 * @param timers tells the time
 * @param seeds draws seeds for callers who give none
 */
public record FlowPorts(
    VisionEncoderClient encoder,
    PrunerClient pruner,
    Executor executor,
    Timers timers,
    LongSupplier seeds) {}
