/**
 * Who may ask and when: API keys, fair queueing between them, and a bound on the bytes held for
 * requests. Plain Java, time comes in from outside.
 */
@NullMarked
package io.winnow.decoder.access;

import org.jspecify.annotations.NullMarked;
