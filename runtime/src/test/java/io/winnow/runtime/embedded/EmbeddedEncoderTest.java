package io.winnow.runtime.embedded;

import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.contract.EncoderContract;

class EmbeddedEncoderTest extends EncoderContract {

  @Override
  protected EncoderRuntime open(RepositoryModel model) {
    return EmbeddedRuntimes.encoder(model, EmbeddedSettings.defaults());
  }
}
