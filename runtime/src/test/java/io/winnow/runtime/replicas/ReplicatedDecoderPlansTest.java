package io.winnow.runtime.replicas;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DecoderPlansContract;

class ReplicatedDecoderPlansTest extends DecoderPlansContract {

  @Override
  protected DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    return Replicas.two(model, bounds);
  }
}
