/** Accuracy and prefill time of every pruning method over a grid of budgets. */
@NullMarked
package io.winnow.cli.curves;

import org.jspecify.annotations.NullMarked;
