/** What prefills cost here: a model fitted on measured ones. Plain Java. */
@NullMarked
package io.winnow.pruner.cost;

import org.jspecify.annotations.NullMarked;
