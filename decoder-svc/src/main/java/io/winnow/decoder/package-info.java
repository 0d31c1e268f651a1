/** The decoder service: its process and its wiring. */
@NullMarked
package io.winnow.decoder;

import org.jspecify.annotations.NullMarked;
