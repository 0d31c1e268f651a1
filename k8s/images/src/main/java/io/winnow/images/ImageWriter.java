package io.winnow.images;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes images. The same files give the same bytes: names, order, times, owners and rights come
 * from here and not from the disk.
 */
final class ImageWriter {

  static final String SCRATCH = "scratch";

  /** "nonroot" in distroless images; no user of this number exists on common systems. */
  static final String USER = "65532:65532";

  private static final FilePermissions FILE = FilePermissions.fromOctalString("644");
  private static final FilePermissions PROGRAM = FilePermissions.fromOctalString("755");

  private final String base;
  private final Path cache;
  private final Instant created;

  /**
   * @param base an image with java on its PATH, or {@link #SCRATCH}
   * @param cache Jib's folder
   * @param created time of every file and of the image
   */
  ImageWriter(String base, Path cache, Instant created) {
    this.base = base;
    this.cache = cache;
    this.created = created;
  }

  /**
   * Writes one image.
   *
   * @param systems folders whose contents go to the root of the image, a layer for each, before its
   *     own
   */
  void write(
      ImageContents image, List<Path> systems, String architecture, String version, Path file)
      throws Exception {
    JibContainerBuilder builder =
        Jib.from(base)
            .setPlatforms(Set.of(new Platform(architecture, "linux")))
            .setCreationTime(created)
            .setUser(USER)
            .setWorkingDirectory(AbsoluteUnixPath.get("/opt/winnow"))
            .setEntrypoint(image.command())
            .addLabel("org.opencontainers.image.title", image.name())
            .addLabel("org.opencontainers.image.version", version)
            .addLabel("org.opencontainers.image.licenses", "Apache-2.0")
            // See docs/dependencies.md: what runs models must not report, and crash while it does.
            .addEnvironmentVariable("ORT_DISABLE_TELEMETRY", "1")
            // Natives are unpacked; everything else in the image is read-only.
            .addEnvironmentVariable("DJL_CACHE_DIR", "/tmp/djl");
    if (base.equals(SCRATCH)) {
      builder.addEnvironmentVariable("PATH", BaseSystem.JAVA_HOME + "/bin");
    }
    for (Path system : systems) {
      for (Path part : children(system)) {
        builder.addFileEntriesLayer(layer(part, "/" + part.getFileName()));
      }
    }
    for (ImageContents.Layer layer : image.layers()) {
      builder.addFileEntriesLayer(layer(layer.source(), layer.place()));
    }
    Files.createDirectories(file.toAbsolutePath().getParent());
    builder.containerize(
        Containerizer.to(TarImage.at(file).named(image.reference(version)))
            .setBaseImageLayersCache(cache.resolve("base"))
            .setApplicationLayersCache(cache.resolve("layers"))
            .setOfflineMode(base.equals(SCRATCH))
            .setToolName("winnow"));
  }

  /** In this order, whatever the disk's is. The root itself has no entry in a layer. */
  private static List<Path> children(Path folder) throws IOException {
    try (Stream<Path> found = Files.list(folder)) {
      return found.sorted().toList();
    }
  }

  private FileEntriesLayer layer(Path source, String place) throws IOException {
    if (!Files.exists(source)) {
      throw new IllegalStateException(source + " is missing: build the services first");
    }
    return FileEntriesLayer.builder()
        .setName(place)
        .addEntryRecursive(
            source,
            AbsoluteUnixPath.get(place),
            (file, inImage) -> Files.isDirectory(file) || Files.isExecutable(file) ? PROGRAM : FILE,
            (file, inImage) -> created)
        .build();
  }
}
