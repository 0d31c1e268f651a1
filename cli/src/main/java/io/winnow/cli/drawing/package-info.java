/** Draws what a decoder looked at. Headless: needs no display, and does without fonts. */
@NullMarked
package io.winnow.cli.drawing;

import org.jspecify.annotations.NullMarked;
