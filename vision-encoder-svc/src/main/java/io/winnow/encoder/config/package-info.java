/** Settings and how they are checked. */
@NullMarked
package io.winnow.encoder.config;

import org.jspecify.annotations.NullMarked;
