/** What the gRPC services share at their edges: open streams, idle timeouts, statuses. */
@NullMarked
package io.winnow.runtime.streams;

import org.jspecify.annotations.NullMarked;
