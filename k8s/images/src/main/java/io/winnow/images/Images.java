package io.winnow.images;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/** Writes {@code TARGET/NAME-ARCHITECTURE.tar} for every image, for `docker load` and its like. */
public final class Images {

  private static final String HOST = "host";

  private Images() {}

  /**
   * Arguments: checkout, target folder, version, base image or {@code scratch}, comma-separated
   * architectures or {@code host}, time of creation.
   */
  public static void main(String... args) throws Exception {
    Path root = Path.of(args[0]);
    Path target = Path.of(args[1]);
    String version = args[2];
    String base = args[3];
    List<String> architectures = Stream.of(args[4].split(",", -1)).map(Images::named).toList();
    Instant created = Instant.parse(args[5]);
    boolean scratch = base.equals(ImageWriter.SCRATCH);
    if (scratch && !architectures.equals(List.of(named(HOST)))) {
      throw new IllegalArgumentException(
          "from scratch, an image holds this machine's own Java and C library and so is for "
              + named(HOST)
              + " only; name an image with Java for others, such as"
              + " -Dwinnow.image.base=eclipse-temurin:17-jre-noble");
    }
    ImageWriter writer = new ImageWriter(base, target.resolve("jib"), created);
    List<Path> systems = scratch ? List.of(BaseSystem.write(target.resolve("system"))) : List.of();
    for (ImageContents image : ImageContents.all(root)) {
      for (String architecture : architectures) {
        Path file = target.resolve(image.name() + "-" + architecture + ".tar");
        writer.write(image, systems, architecture, version, file);
        System.out.printf(
            "%s: %s, %d MB%n", image.reference(version), file, file.toFile().length() >> 20);
      }
    }
  }

  /** The registry's name of an architecture, which differs from Java's. */
  private static String named(String architecture) {
    String asked = architecture.equals(HOST) ? System.getProperty("os.arch") : architecture;
    return switch (asked) {
      case "amd64", "x86_64" -> "amd64";
      case "arm64", "aarch64" -> "arm64";
      default ->
          throw new IllegalArgumentException(
              "ONNX Runtime's Java package has no natives for \""
                  + asked
                  + "\" on Linux; there are amd64 and arm64");
    };
  }
}
