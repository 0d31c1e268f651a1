package io.winnow.runtime.embedded;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DecoderExitContract;

class EmbeddedDecoderExitTest extends DecoderExitContract {

  @Override
  protected DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    return EmbeddedContracts.open(model, bounds);
  }
}
