package io.winnow.pruner.grpc;

import io.winnow.pruner.planning.PrunerFailure;

/** A message that cannot be translated. */
final class RefusedException extends Exception {

  private static final long serialVersionUID = 1L;
  private final transient PrunerFailure failure;

  RefusedException(PrunerFailure failure) {
    super(failure.message());
    this.failure = failure;
  }

  PrunerFailure failure() {
    return failure;
  }
}
