package io.winnow.encoder.pictures;

import static java.util.Objects.requireNonNull;

import io.winnow.runtime.EncoderRuntime;

/**
 * A model that pictures can be encoded with.
 *
 * @param name as callers give it
 * @param reading makes the tower's pixel values of a file
 * @param runtime runs the tower; closed with the encoder that holds the model
 */
public record EncoderModel(String name, PictureReading reading, EncoderRuntime runtime) {

  public EncoderModel {
    requireNonNull(name, "name is null");
    requireNonNull(reading, "reading is null");
    requireNonNull(runtime, "runtime is null");
  }

  /**
   * Patches that the tower cuts a picture into: one a visual token in the families that are served,
   * whose towers take every picture at the same size.
   */
  int patchesPerPicture() {
    return runtime.manifest().getGridRows() * runtime.manifest().getGridColumns();
  }
}
