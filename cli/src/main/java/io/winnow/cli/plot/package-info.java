/** Line charts as SVG that read well on light and dark pages. */
@NullMarked
package io.winnow.cli.plot;

import org.jspecify.annotations.NullMarked;
