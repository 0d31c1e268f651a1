package io.winnow.runtime.triton;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DecoderVerdictsContract;

@OnTriton
class TritonDecoderVerdictsIT extends DecoderVerdictsContract {

  @Override
  protected DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    return TritonContracts.open(model, bounds);
  }

  @Override
  protected boolean listensBetweenSegments() {
    return false;
  }
}
