package io.winnow.runtime.embedded;

import ai.onnxruntime.OrtException;
import io.winnow.runtime.ModelRepositoryException;
import io.winnow.runtime.RepositoryModel;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.SegmentManifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A decoder whose graphs are loaded.
 *
 * @param manifest its shape
 * @param endTokens ids that end an answer
 * @param segments in order
 */
record DecoderModel(DecoderManifest manifest, Set<Integer> endTokens, List<SegmentSession> segments)
    implements AutoCloseable {

  static DecoderModel load(RepositoryModel model, int intraOpThreads) {
    DecoderManifest manifest = model.manifest().getDecoder();
    List<SegmentSession> segments = new ArrayList<>();
    for (SegmentManifest segment : manifest.getSegmentsList()) {
      try {
        segments.add(new SegmentSession(model.file(segment.getGraph()), segment, intraOpThreads));
      } catch (OrtException e) {
        closeAll(segments);
        throw new ModelRepositoryException(
            "model \"" + model.name() + "\": " + segment.getGraph() + " cannot be loaded", e);
      }
    }
    return new DecoderModel(
        manifest,
        Set.copyOf(model.manifest().getPrompt().getEosTokenIdsList()),
        List.copyOf(segments));
  }

  boolean isLast(int segment) {
    return segment == segments.size() - 1;
  }

  @Override
  public void close() {
    closeAll(segments);
  }

  private static void closeAll(List<SegmentSession> sessions) {
    for (SegmentSession session : sessions) {
      try {
        session.close();
      } catch (OrtException e) {
        throw new IllegalStateException("a session cannot be closed", e);
      }
    }
  }
}
