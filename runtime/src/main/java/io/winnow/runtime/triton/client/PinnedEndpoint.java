package io.winnow.runtime.triton.client;

import io.grpc.Status;

/** A server of a pool, held for requests that belong together. Close it when they are done. */
public final class PinnedEndpoint implements AutoCloseable {

  private final TritonEndpoint endpoint;
  private final Backend.Lease lease;

  PinnedEndpoint(TritonEndpoint endpoint, Backend.Lease lease) {
    this.endpoint = endpoint;
    this.lease = lease;
  }

  /** The server; it is the pool's, so do not close it. */
  public TritonEndpoint endpoint() {
    return endpoint;
  }

  /** Takes the pin off the server's load. Idempotent; the server's connection stays. */
  @Override
  public void close() {
    lease.end(Status.Code.CANCELLED);
  }
}
