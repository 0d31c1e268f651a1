/**
 * The OpenAI-compatible edge: raw Vert.x routes, because server-sent events need exact control over
 * when headers go out and over back-pressure. Translates to and from {@link
 * io.winnow.decoder.chat.ChatService}. An exchange lives on its event loop; parsing and starting an
 * answer run on a bounded pool.
 */
@NullMarked
package io.winnow.decoder.http;

import org.jspecify.annotations.NullMarked;
