package io.winnow.images;

import java.io.IOException;
import java.nio.file.Files;
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
    ImageWriter writer = new ImageWriter(base, target.resolve("jib"), created);
    for (String architecture : architectures) {
      List<Path> systems = scratch ? List.of(system(target, architecture)) : List.of();
      for (ImageContents image : ImageContents.all(root)) {
        Path file = target.resolve(image.name() + "-" + architecture + ".tar");
        writer.write(image, systems, architecture, version, file);
        System.out.printf(
            "%s: %s, %d MB%n", image.reference(version), file, file.toFile().length() >> 20);
      }
    }
  }

  private static Path system(Path target, String architecture) throws IOException {
    if (architecture.equals(named(HOST))) {
      return BaseSystem.write(target.resolve("system"));
    }
    Path packages = Files.createDirectories(target.resolve("packages-" + architecture));
    return BaseSystem.write(
        target.resolve("system-" + architecture), new ForeignDebian(architecture, packages));
  }

  /** The registry's name of an architecture, and Debian's, which differs from Java's. */
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
