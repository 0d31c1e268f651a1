/** The vision encoder service: its process and its wiring. */
@NullMarked
package io.winnow.encoder;

import org.jspecify.annotations.NullMarked;
