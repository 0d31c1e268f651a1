/** What the services' traces share: names, W3C context over gRPC, the store of recent traces. */
@org.jspecify.annotations.NullMarked
package io.winnow.tracing;
