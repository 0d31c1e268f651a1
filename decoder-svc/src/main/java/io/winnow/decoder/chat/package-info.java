/**
 * The decoder service's domain: a conversation comes in, an answer streams out. Plain Java; the
 * packages {@code grpc} and {@code http} translate from and to it, and {@link
 * io.winnow.decoder.chat.ChatService} is all they see.
 */
@NullMarked
package io.winnow.decoder.chat;

import org.jspecify.annotations.NullMarked;
