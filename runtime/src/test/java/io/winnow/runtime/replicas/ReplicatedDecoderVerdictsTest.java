package io.winnow.runtime.replicas;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DecoderVerdictsContract;

class ReplicatedDecoderVerdictsTest extends DecoderVerdictsContract {

  @Override
  protected DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    return Replicas.two(model, bounds);
  }

  @Override
  protected boolean listensBetweenSegments() {
    return true;
  }
}
