package io.winnow.encoder.pictures;

/**
 * What waits for a model.
 *
 * @param queuedPictures pictures that wait for a worker
 * @param queuedPatches patches that these will be cut into; a tower's work grows with them
 */
public record PictureLoad(int queuedPictures, long queuedPatches) {}
