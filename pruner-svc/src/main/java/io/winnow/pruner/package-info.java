/** The pruner service: its process and its wiring. */
@NullMarked
package io.winnow.pruner;

import org.jspecify.annotations.NullMarked;
