/**
 * One runtime made of several: work goes to the least loaded that is well, and what a lost one had
 * begun goes on elsewhere. Knows nothing of what the runtimes are.
 */
@NullMarked
package io.winnow.runtime.replicas;

import org.jspecify.annotations.NullMarked;
