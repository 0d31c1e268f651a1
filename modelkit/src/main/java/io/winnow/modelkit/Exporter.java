package io.winnow.modelkit;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.winnow.v1.ModelManifest;
import io.winnow.v1.SegmentManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Turns a Hugging Face checkpoint folder into a model of a model repository. Safe to call from
 * several threads and processes at once; a failed export leaves the repository as it was.
 */
public final class Exporter {

  private static final String MANIFEST = "manifest.json";

  private Exporter() {}

  /**
   * Writes the model, in place of an older one of this name.
   *
   * @throws ExportException if the checkpoint cannot be taken
   * @throws IOException if the repository cannot be written
   */
  public static void export(ExportRequest request, ExportProgress progress) throws IOException {
    write(request, progress, () -> false);
  }

  /**
   * Writes the model unless the repository already holds it. Of several processes that call this on
   * one repository at once, one writes.
   *
   * @return whether it was written
   */
  public static boolean exportIfChanged(ExportRequest request, ExportProgress progress)
      throws IOException {
    return !isUpToDate(request) && write(request, progress, () -> isUpToDate(request));
  }

  private static boolean write(
      ExportRequest request, ExportProgress progress, ModelRepositoryWriter.Condition isThere)
      throws IOException {
    try (LlavaFamily family = new LlavaFamily(request, progress)) {
      String fingerprint = CheckpointFingerprint.of(request);
      return new ModelRepositoryWriter(request.repository(), request.name())
          .replaceUnless(
              isThere,
              root -> {
                ModelManifest manifest =
                    family.write(root).setCheckpointSha256(fingerprint).build();
                Files.writeString(
                    manifestFile(root, request),
                    JsonFormat.printer().alwaysPrintFieldsWithNoPresence().print(manifest) + "\n");
              });
    }
  }

  /**
   * Whether the repository already holds what {@link #export} would write. Reads the whole
   * checkpoint.
   *
   * @throws ExportException if the checkpoint's index cannot be read
   */
  public static boolean isUpToDate(ExportRequest request) throws IOException {
    Path file = manifestFile(request.repository(), request);
    if (!Files.exists(file)) {
      return false;
    }
    ModelManifest.Builder manifest = ModelManifest.newBuilder();
    try {
      JsonFormat.parser().ignoringUnknownFields().merge(Files.readString(file), manifest);
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
    return graphs(manifest).allMatch(graph -> isComplete(request.repository().resolve(graph)))
        && manifest.getCheckpointSha256().equals(CheckpointFingerprint.of(request));
  }

  private static Stream<String> graphs(ModelManifest.Builder manifest) {
    Stream<String> gates =
        manifest.hasGates() ? Stream.of(manifest.getGates().getGraph()) : Stream.empty();
    return Stream.concat(
        Stream.concat(Stream.of(manifest.getVision().getGraph()), gates),
        manifest.getDecoder().getSegmentsList().stream().map(SegmentManifest::getGraph));
  }

  private static boolean isComplete(Path graph) {
    return Files.exists(graph) && Files.exists(ExternalData.beside(graph));
  }

  private static Path manifestFile(Path root, ExportRequest request) {
    return root.resolve(request.name() + "-decoder").resolve(MANIFEST);
  }
}
