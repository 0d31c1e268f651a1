package io.winnow.runtime.triton.client;

import org.jspecify.annotations.Nullable;

/** Chooses the server of a call. */
interface Router {

  /**
   * A server, counted as loaded until the lease ends.
   *
   * @param avoid the one that just failed; used again only if there is no other
   */
  Backend.Lease acquire(@Nullable Backend avoid);
}
