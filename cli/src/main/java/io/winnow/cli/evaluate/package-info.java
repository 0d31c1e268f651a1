/** Asks questions with known answers and counts the right ones. */
@NullMarked
package io.winnow.cli.evaluate;

import org.jspecify.annotations.NullMarked;
