package io.winnow.runtime.triton;

import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.EncoderContract;

@OnTriton
class TritonEncoderIT extends EncoderContract {

  @Override
  protected EncoderRuntime open(RepositoryModel model) {
    return TritonContracts.openEncoder(model);
  }
}
