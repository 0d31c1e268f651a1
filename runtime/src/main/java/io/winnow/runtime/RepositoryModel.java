package io.winnow.runtime;

import static java.util.Objects.requireNonNull;

import io.winnow.v1.GatesManifest;
import io.winnow.v1.ModelManifest;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One model of a repository.
 *
 * @param root the repository's folder, to which the manifest's paths are relative
 * @param manifest what the model consists of
 */
public record RepositoryModel(Path root, ModelManifest manifest) {

  public RepositoryModel {
    requireNonNull(root, "root is null");
    requireNonNull(manifest, "manifest is null");
  }

  /** The model's name. */
  public String name() {
    return manifest.getName();
  }

  /** The exit gates beside the model, if it has any. */
  public Optional<GatesManifest> gates() {
    return manifest.hasGates() ? Optional.of(manifest.getGates()) : Optional.empty();
  }

  /** The file that a path of the manifest means. */
  public Path file(String path) {
    return root.resolve(path);
  }
}
