/** Whole-system benchmarks. They measure and report; tests assert no times. */
@NullMarked
package io.winnow.bench;

import org.jspecify.annotations.NullMarked;
