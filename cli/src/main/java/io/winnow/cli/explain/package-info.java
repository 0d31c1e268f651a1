/** Reads a trace and says where its time to first token went. */
@org.jspecify.annotations.NullMarked
package io.winnow.cli.explain;
