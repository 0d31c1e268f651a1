/**
 * How an answer comes about: {@link io.winnow.decoder.generation.GenerationFlow} runs one state
 * machine per answer over ports for the encoder, the pruner and the decoder runtime. Plain Java:
 * the messages between services (io.winnow.v1) are used as values, calls are made in package {@code
 * grpc}.
 */
@NullMarked
package io.winnow.decoder.generation;

import org.jspecify.annotations.NullMarked;
