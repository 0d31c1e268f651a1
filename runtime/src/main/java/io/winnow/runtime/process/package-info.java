/** How a process ends. */
@NullMarked
package io.winnow.runtime.process;

import org.jspecify.annotations.NullMarked;
