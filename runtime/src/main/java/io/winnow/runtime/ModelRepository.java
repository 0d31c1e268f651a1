package io.winnow.runtime;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.winnow.v1.ModelManifest;
import io.winnow.v1.SegmentManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of exported models, as modelkit writes it: model NAME is described by {@code
 * NAME-decoder/manifest.json}. Reads descriptions only; graphs are loaded by the runtimes.
 */
public final class ModelRepository {

  private static final int FORMAT_VERSION = 1;
  private static final String DECODER_SUFFIX = "-decoder";
  private static final String MANIFEST = "manifest.json";

  private final Path root;

  private ModelRepository(Path root) {
    this.root = root;
  }

  /**
   * Opens a repository.
   *
   * @throws ModelRepositoryException if there is no such folder
   */
  public static ModelRepository open(Path root) {
    if (!Files.isDirectory(root)) {
      throw new ModelRepositoryException("model repository " + root + " is not a folder");
    }
    return new ModelRepository(root);
  }

  /** Names of the models, sorted. */
  public List<String> models() {
    try (Stream<Path> folders = Files.list(root)) {
      return folders
          .filter(folder -> Files.isRegularFile(folder.resolve(MANIFEST)))
          .map(folder -> folder.getFileName().toString())
          .filter(name -> name.endsWith(DECODER_SUFFIX))
          .map(name -> name.substring(0, name.length() - DECODER_SUFFIX.length()))
          .filter(name -> !name.isEmpty())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new ModelRepositoryException("model repository " + root + " cannot be listed", e);
    }
  }

  /**
   * Reads a model's description and checks that its files are there.
   *
   * @throws ModelRepositoryException if the model is unknown, of another format or incomplete
   */
  public RepositoryModel model(String name) {
    Path file = root.resolve(name + DECODER_SUFFIX).resolve(MANIFEST);
    if (!models().contains(name)) {
      throw new ModelRepositoryException(
          "model repository " + root + " has no model \"" + name + "\", it has " + models());
    }
    RepositoryModel model = new RepositoryModel(root, parse(file));
    if (!model.name().equals(name)) {
      throw new ModelRepositoryException(file + " describes model \"" + model.name() + "\"");
    }
    requireFiles(model);
    return model;
  }

  private static ModelManifest parse(Path file) {
    ModelManifest.Builder manifest = ModelManifest.newBuilder();
    try {
      // Unknown fields are legal: they come with format changes that old readers may ignore.
      JsonFormat.parser().ignoringUnknownFields().merge(Files.readString(file), manifest);
    } catch (InvalidProtocolBufferException e) {
      throw new ModelRepositoryException(file + " is not a manifest: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new ModelRepositoryException(file + " cannot be read", e);
    }
    if (manifest.getFormatVersion() != FORMAT_VERSION) {
      throw new ModelRepositoryException(
          file
              + " has format_version "
              + manifest.getFormatVersion()
              + ", this program reads "
              + FORMAT_VERSION
              + ": export the model again");
    }
    return manifest.build();
  }

  private static void requireFiles(RepositoryModel model) {
    ModelManifest manifest = model.manifest();
    List<String> paths = new ArrayList<>();
    paths.add(manifest.getVision().getGraph());
    for (SegmentManifest segment : manifest.getDecoder().getSegmentsList()) {
      paths.add(segment.getGraph());
    }
    model.gates().ifPresent(gates -> paths.add(gates.getGraph()));
    paths.add(manifest.getPrompt().getTokenizer());
    paths.add(manifest.getPrompt().getChatTemplate());
    List<String> missing =
        paths.stream().filter(path -> !Files.isRegularFile(model.file(path))).toList();
    if (!missing.isEmpty()) {
      throw new ModelRepositoryException(
          "model \"" + model.name() + "\" in " + model.root() + " lacks the files " + missing);
    }
  }
}
