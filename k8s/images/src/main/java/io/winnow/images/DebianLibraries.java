package io.winnow.images;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Copies shared libraries of installed Debian packages, with what a scanner and a lawyer look for:
 * each package's record under {@code var/lib/dpkg/status.d} (where distroless images keep it, too)
 * and its copyright file.
 */
final class DebianLibraries {

  /** Java, ONNX Runtime and the tokenizers are linked against these. */
  static final List<String> NEEDED = List.of("libc6", "libgcc-s1", "libstdc++6", "zlib1g");

  /** Debian's own JDK also uses the system's libraries for pictures; other JDKs bring theirs. */
  static final List<String> WHERE_INSTALLED = List.of("libjpeg62-turbo", "liblcms2-2");

  /** Libraries proper; not gconv's, locale's or audit's plug-ins, which lie deeper. */
  private static final Pattern LIBRARY =
      Pattern.compile("(/usr)?/lib(64|/[a-z0-9_]+-linux-gnu)?/[^/]+\\.so\\.[0-9.]+");

  private DebianLibraries() {}

  static void copy(Path root) throws IOException {
    for (String name : NEEDED) {
      if (!copyPackage(name, root)) {
        throw new IllegalStateException(
            "from scratch, images are built on Debian or Ubuntu with package "
                + name
                + "; elsewhere name an image with Java, such as"
                + " -Dwinnow.image.base=eclipse-temurin:17-jre-noble");
      }
    }
    for (String name : WHERE_INSTALLED) {
      copyPackage(name, root);
    }
  }

  private static boolean copyPackage(String name, Path root) throws IOException {
    List<String> record = output("dpkg-query", "--status", name);
    if (!record.contains("Status: install ok installed")) {
      return false;
    }
    List<Path> files =
        output("dpkg-query", "--listfiles", name).stream()
            .filter(file -> LIBRARY.matcher(file).matches())
            .map(Path::of)
            .sorted()
            .toList();
    copyFiles(files, Path.of("/"), root);
    describe(name, record, Path.of("/"), root);
    return true;
  }

  /**
   * The same from packages that are unpacked and not installed.
   *
   * @param unpacked holds nothing but the packages that are needed
   */
  static void copy(ForeignDebian packages, Path unpacked, Path root) throws IOException {
    try (Stream<Path> found = Files.walk(unpacked)) {
      copyFiles(
          found
              .filter(file -> LIBRARY.matcher("/" + unpacked.relativize(file)).matches())
              .sorted()
              .toList(),
          unpacked,
          root);
    }
    for (String name : Stream.of(NEEDED, WHERE_INSTALLED).flatMap(List::stream).toList()) {
      describe(name, packages.record(name), unpacked, root);
    }
  }

  private static void copyFiles(List<Path> files, Path from, Path root) throws IOException {
    for (Path file : withoutVersions(files)) {
      Path copy = root.resolve(from.relativize(file).toString().replaceFirst("^usr/", ""));
      Files.createDirectories(copy.getParent());
      Files.copy(file.toRealPath(), copy);
    }
  }

  private static void describe(String name, List<String> record, Path from, Path root)
      throws IOException {
    Path status = Files.createDirectories(root.resolve("var/lib/dpkg/status.d"));
    Files.write(status.resolve(name), record);
    Path documents = Files.createDirectories(root.resolve("usr/share/doc").resolve(name));
    Files.copy(
        from.resolve("usr/share/doc").resolve(name).resolve("copyright").toRealPath(),
        documents.resolve("copyright"));
  }

  /** Only the names that programs ask for: an image has no links, so a target would be a copy. */
  private static List<Path> withoutVersions(List<Path> files) throws IOException {
    Set<Path> targets = new HashSet<>();
    for (Path file : files) {
      if (Files.isSymbolicLink(file)) {
        targets.add(file.toRealPath());
      }
    }
    List<Path> named = new ArrayList<>();
    for (Path file : files) {
      boolean loader = file.getFileName().toString().startsWith("ld-linux");
      if (Files.isSymbolicLink(file) || loader || !targets.contains(file.toRealPath())) {
        named.add(file);
      }
    }
    return named;
  }

  /** The lines that a command prints; none when it fails or is not there. */
  private static List<String> output(String... command) throws IOException {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? text.lines().toList() : List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (IOException e) {
      return List.of(); // no such program: no Debian
    }
  }
}
