package io.winnow.decoder.generation;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.DecoderShape;
import io.winnow.v1.ModelManifest;
import io.winnow.v1.SegmentManifest;
import io.winnow.v1.VisionManifest;

/**
 * A model with everything that answering takes.
 *
 * @param manifest what it consists of
 * @param createdEpochSecond when its export was written
 * @param text its text side
 * @param runtime runs its decoder
 */
public record AnsweringModel(
    ModelManifest manifest, long createdEpochSecond, ModelText text, DecoderRuntime runtime) {

  public String name() {
    return manifest.getName();
  }

  /** Longest prompt and answer together, in tokens. */
  public int contextLength() {
    return decoder().getContextLength();
  }

  /** Visual tokens that any picture becomes. */
  int tokensPerPicture() {
    VisionManifest vision = manifest.getVision();
    return vision.getGridRows() * vision.getGridColumns();
  }

  DecoderManifest decoder() {
    return manifest.getDecoder();
  }

  boolean endsAnswer(int tokenId) {
    return manifest.getPrompt().getEosTokenIdsList().contains(tokenId);
  }

  /** What the pruner needs to know. */
  public DecoderShape shape() {
    DecoderShape.Builder shape =
        DecoderShape.newBuilder()
            .setLayers(decoder().getLayers())
            .setHiddenSize(decoder().getHiddenSize())
            .setIntermediateSize(decoder().getIntermediateSize())
            .setHeads(decoder().getHeads())
            .setKvHeads(decoder().getKvHeads());
    for (SegmentManifest segment : decoder().getSegmentsList()) {
      shape.addSegmentEnds(segment.getFirstLayer() + segment.getLayerCount());
    }
    return shape.build();
  }
}
