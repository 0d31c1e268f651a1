/** Runs the three services as processes of this machine. */
@NullMarked
package io.winnow.cli.mesh;

import org.jspecify.annotations.NullMarked;
