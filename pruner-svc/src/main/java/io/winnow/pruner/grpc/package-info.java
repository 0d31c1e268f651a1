/** The gRPC edge: translates messages, keeps the protocol's order, maps failures to statuses. */
@NullMarked
package io.winnow.pruner.grpc;

import org.jspecify.annotations.NullMarked;
