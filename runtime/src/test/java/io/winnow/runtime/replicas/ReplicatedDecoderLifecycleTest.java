package io.winnow.runtime.replicas;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DecoderLifecycleContract;

/** With one that lives: the suite asks for one queue, in order. */
class ReplicatedDecoderLifecycleTest extends DecoderLifecycleContract {

  @Override
  protected DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    return Replicas.oneAndALostOne(model, bounds);
  }
}
