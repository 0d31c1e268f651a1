package io.winnow.images;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * This machine's Debian or Ubuntu as it is on another architecture: the packages that an image
 * needs, fetched by apt from the sources that this machine has, checked by its keys and unpacked
 * beside each other. Nothing is installed and nothing of the other architecture is run.
 */
final class ForeignDebian {

  private static final Pattern GCC_BASE = Pattern.compile("gcc-\\d+-base");

  private final String architecture;
  private final Path folder;

  /**
   * Fetches nothing yet.
   *
   * @param architecture Debian's name of it
   * @param folder holds what is fetched, and stays for the next build
   */
  ForeignDebian(String architecture, Path folder) {
    this.architecture = architecture;
    this.folder = folder;
  }

  /** Fetches what is not there, and gives the root of the unpacked packages. */
  Path fetch() throws IOException {
    Path root = folder.resolve("root");
    Path complete = folder.resolve("complete-" + jdk());
    if (Files.exists(complete)) {
      return root;
    }
    Path lists = folder.resolve("apt");
    for (String part : List.of("lists/partial", "cache/archives/partial")) {
      Files.createDirectories(lists.resolve(part));
    }
    Files.writeString(lists.resolve("status"), "");
    Path settings = Files.writeString(lists.resolve("apt.conf"), settings(lists));
    run(settings, List.of("apt-get", "-qq", "update"));
    List<String> packages = new ArrayList<>(DebianLibraries.NEEDED);
    packages.addAll(DebianLibraries.WHERE_INSTALLED);
    packages.add(jdk());
    download(settings, packages);
    // Where the copyright of GCC's libraries lies.
    Matcher base = GCC_BASE.matcher(field(archive("libgcc-s1"), "Depends"));
    if (base.find()) {
      download(settings, List.of(base.group()));
    }
    for (Path archive : archives()) {
      run(settings, List.of("dpkg-deb", "--extract", archive.toString(), root.toString()));
    }
    Files.writeString(complete, "");
    return root;
  }

  /** The modules to link Java from, of the same release as this JVM. */
  Path modules() throws IOException {
    try (Stream<Path> found = Files.walk(folder.resolve("root/usr/lib/jvm"), 2)) {
      return found
          .filter(path -> path.endsWith("jmods"))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no modules in package " + jdk()));
    }
  }

  /** What a package says of itself. */
  List<String> record(String name) throws IOException {
    return field(archive(name), "").lines().toList();
  }

  static String jdk() {
    return "openjdk-" + Runtime.version().feature() + "-jdk-headless";
  }

  private String settings(Path lists) {
    return """
    APT::Architecture "%s";
    APT::Architectures { "%s"; };
    Dir::State "%s";
    Dir::State::status "%s/status";
    Dir::Cache "%s/cache";
    """
        .formatted(architecture, architecture, lists, lists, lists);
  }

  private void download(Path settings, List<String> packages) throws IOException {
    List<String> command = new ArrayList<>(List.of("apt-get", "-qq", "download"));
    command.addAll(packages);
    run(settings, command);
  }

  private List<Path> archives() throws IOException {
    try (Stream<Path> found = Files.list(folder)) {
      return found.filter(path -> path.toString().endsWith(".deb")).sorted().toList();
    }
  }

  private Path archive(String name) {
    return BaseSystem.only(folder, name + "_*.deb");
  }

  private String field(Path archive, String name) throws IOException {
    List<String> command = new ArrayList<>(List.of("dpkg-deb", "--field", archive.toString()));
    command.addAll(name.isEmpty() ? List.of() : List.of(name));
    return run(folder.resolve("apt/apt.conf"), command);
  }

  private String run(Path settings, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().putAll(Map.of("APT_CONFIG", settings.toString()));
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    try {
      Process process = builder.start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(
            "%s failed: images for %s from scratch need Debian's or Ubuntu's packages of it; name an image with Java instead, -Dwinnow.image.base"
                .formatted(String.join(" ", command), architecture));
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted in " + Arrays.toString(command.toArray()), e);
    }
  }
}
