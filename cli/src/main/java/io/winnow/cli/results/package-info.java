/** What measurements are written down with: order statistics, tables, where they come from. */
@NullMarked
package io.winnow.cli.results;

import org.jspecify.annotations.NullMarked;
