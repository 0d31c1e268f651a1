/**
 * A client of NVIDIA Triton, or of any server that speaks KServe v2 over gRPC, usable on its own:
 * docs/triton-client.md. {@link io.winnow.runtime.triton.client.TritonEndpoint} is one server.
 */
@NullMarked
package io.winnow.runtime.triton.client;

import org.jspecify.annotations.NullMarked;
