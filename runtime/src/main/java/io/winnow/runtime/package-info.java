/**
 * Runs a model repository: the interfaces {@link io.winnow.runtime.DecoderRuntime} and {@link
 * io.winnow.runtime.EncoderRuntime} and the values they exchange. Implementations live in packages
 * of their own.
 */
@NullMarked
package io.winnow.runtime;

import org.jspecify.annotations.NullMarked;
