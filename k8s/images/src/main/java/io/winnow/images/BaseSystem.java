package io.winnow.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The smallest system that runs the services: this JDK's modules, the C and C++ libraries of this
 * Debian, a user without rights, and nothing that could be called (no shell, no package manager).
 */
final class BaseSystem {

  static final String JAVA_HOME = "/opt/java";

  /** What the services' class paths ask for; the images' test finds out when one is missing. */
  private static final List<String> MODULES =
      List.of(
          "java.base",
          "java.desktop",
          "java.instrument",
          "java.logging",
          "java.management",
          "java.naming",
          "java.net.http",
          "java.security.jgss",
          "java.security.sasl",
          "java.sql",
          "java.transaction.xa",
          "java.xml",
          "jdk.crypto.ec",
          "jdk.jfr",
          "jdk.management",
          "jdk.naming.dns",
          "jdk.net",
          "jdk.unsupported",
          "jdk.zipfs");

  /** Parts of java.desktop for screens, sound and fonts: their libraries are not in the image. */
  private static final List<String> NOT_FOR_SERVERS =
      List.of("awt_xawt", "jawt", "splashscreen", "jsound", "fontmanager", "freetype");

  private BaseSystem() {}

  /** Writes it anew into this folder, for this machine's architecture, and gives the folder. */
  static Path write(Path folder) throws IOException {
    Path java = begin(folder);
    link(java, List.of());
    DebianLibraries.copy(folder);
    return end(folder);
  }

  /** The same from packages of another architecture. */
  static Path write(Path folder, ForeignDebian packages) throws IOException {
    Path java = begin(folder);
    Path unpacked = packages.fetch();
    link(java, List.of("--module-path", packages.modules().toString()));
    DebianLibraries.copy(packages, unpacked, folder);
    return end(folder);
  }

  private static Path begin(Path folder) throws IOException {
    delete(folder);
    Path java = folder.resolve(JAVA_HOME.substring(1));
    Files.createDirectories(java.getParent());
    return java;
  }

  private static Path end(Path folder) throws IOException {
    Path etc = Files.createDirectories(folder.resolve("etc"));
    Files.writeString(
        etc.resolve("passwd"),
        """
        root:x:0:0:root:/:/none
        nonroot:x:65532:65532:nonroot:/tmp:/none
        """);
    Files.writeString(etc.resolve("group"), "root:x:0:\nnonroot:x:65532:\n");
    Files.writeString(etc.resolve("nsswitch.conf"), "hosts: files dns\n");
    Files.createDirectories(folder.resolve("tmp"));
    return folder;
  }

  /** The one file of this name. */
  static Path only(Path folder, String glob) {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, glob)) {
      List<Path> files = new ArrayList<>();
      found.forEach(files::add);
      if (files.size() != 1) {
        throw new IllegalStateException(
            folder + " should hold one " + glob + " and holds " + files + "; build it first");
      }
      return files.get(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In a process of its own: classes that jlink generates depend on what its JVM did before. */
  private static void link(Path java, List<String> from) throws IOException {
    Path jlink = Path.of(System.getProperty("java.home"), "bin", "jlink");
    if (!Files.isExecutable(jlink)) {
      throw new IllegalStateException(jlink + " is missing: build with a whole JDK");
    }
    List<String> command = new ArrayList<>();
    command.add(jlink.toString());
    command.addAll(from);
    command.addAll(List.of("--add-modules", String.join(",", MODULES)));
    command.addAll(List.of("--strip-java-debug-attributes", "--no-header-files", "--no-man-pages"));
    command.addAll(List.of("--output", java.toString()));
    try {
      int status = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (status != 0) {
        throw new IllegalStateException("jlink ended with status " + status);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    for (String library : NOT_FOR_SERVERS) {
      Files.deleteIfExists(java.resolve("lib").resolve("lib" + library + ".so"));
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
