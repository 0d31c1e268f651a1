package io.winnow.runtime.triton;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DecoderExitContract;

@OnTriton
class TritonDecoderExitIT extends DecoderExitContract {

  @Override
  protected DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    return TritonContracts.open(model, bounds);
  }
}
