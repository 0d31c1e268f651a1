/** What the services' meters have in common. Needs Micrometer, which only services bring along. */
@NullMarked
package io.winnow.runtime.metrics;

import org.jspecify.annotations.NullMarked;
