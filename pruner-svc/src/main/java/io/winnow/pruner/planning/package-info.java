/** Decides what happens to the visual tokens of a generation. Plain Java: no gRPC, no Quarkus. */
@NullMarked
package io.winnow.pruner.planning;

import org.jspecify.annotations.NullMarked;
