/** Settings and how they are checked. */
@NullMarked
package io.winnow.pruner.config;

import org.jspecify.annotations.NullMarked;
