/**
 * Runs models on NVIDIA Triton: the runtimes over the client in {@code client}. docs/triton.md says
 * what the server's side of it is.
 */
@NullMarked
package io.winnow.runtime.triton;

import org.jspecify.annotations.NullMarked;
