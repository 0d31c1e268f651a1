/**
 * Runs a model repository inside the JVM, on ONNX Runtime. Entry point: {@link
 * io.winnow.runtime.embedded.EmbeddedRuntimes}.
 *
 * <p>Parts, from the outside in: {@code EmbeddedDecoderRuntime} (checks requests), {@code Intake}
 * (bounded door between callers and engine), {@code Engine} (the loop of the one engine thread),
 * {@code StepScheduler} (decides what runs next, pure), {@code Prefill} and {@code DecodeStep} (one
 * native call each), {@code KvPool} (memory of the KV caches), {@code SegmentSession} (one graph).
 */
@NullMarked
package io.winnow.runtime.embedded;

import org.jspecify.annotations.NullMarked;
