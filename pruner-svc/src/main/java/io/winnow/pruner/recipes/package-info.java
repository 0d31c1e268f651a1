/** The folder of recipes: read, checked, watched. */
@NullMarked
package io.winnow.pruner.recipes;

import org.jspecify.annotations.NullMarked;
