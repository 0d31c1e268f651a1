package io.winnow.runtime.embedded;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DecoderVerdictsContract;

class EmbeddedDecoderVerdictsTest extends DecoderVerdictsContract {

  @Override
  protected DecoderRuntime open(RepositoryModel model, Bounds bounds) {
    return EmbeddedContracts.open(model, bounds);
  }

  @Override
  protected boolean listensBetweenSegments() {
    return true;
  }
}
