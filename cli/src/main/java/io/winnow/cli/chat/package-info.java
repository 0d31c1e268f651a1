/** Asks decoder-svc over its OpenAI-compatible API. */
@NullMarked
package io.winnow.cli.chat;

import org.jspecify.annotations.NullMarked;
