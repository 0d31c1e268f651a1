/** The gRPC edge: translates messages, keeps the protocol's order, maps failures to statuses. */
@NullMarked
package io.winnow.encoder.grpc;

import org.jspecify.annotations.NullMarked;
