/**
 * The gRPC edge: serves {@link io.winnow.decoder.chat.ChatService} and calls the encoder and the
 * pruner. Translates, decides nothing.
 */
@NullMarked
package io.winnow.decoder.grpc;

import org.jspecify.annotations.NullMarked;
