package io.winnow.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseSystemTest {

  @TempDir private Path folder;

  @BeforeEach
  void needsDebian() {
    assumeTrue(Files.exists(Path.of("/var/lib/dpkg/status")), "this is no Debian");
  }

  @Test
  void isTheSameEachTimeAndSaysWhatItIsMadeOf() throws Exception {
    Path first = BaseSystem.write(folder.resolve("first"));
    // Lambdas and method handles of other shapes, as a build has used any number of by now.
    assertThat(Stream.of(1, 2, 3).map(i -> i * 2L).reduce(0L, Long::sum)).isEqualTo(12);
    Path second = BaseSystem.write(folder.resolve("second"));

    assertThat(sizes(second)).isEqualTo(sizes(first));
    assertThat(Files.mismatch(modules(first), modules(second))).isEqualTo(-1);
    assertThat(first.resolve("var/lib/dpkg/status.d/libc6"))
        .content()
        .contains("Package: libc6", "Version: ");
    assertThat(first.resolve("usr/share/doc/libstdc++6/copyright")).isNotEmptyFile();
    assertThat(first.resolve("opt/java/legal/java.base/LICENSE")).isNotEmptyFile();
  }

  @Test
  void holdsNothingToCallButJava() throws Exception {
    Path system = BaseSystem.write(folder.resolve("system"));

    assertThat(sizes(system).keySet())
        .filteredOn(file -> Files.isExecutable(system.resolve(file)))
        .filteredOn(file -> !file.endsWith(".so") && !file.contains(".so."))
        .allMatch(file -> file.startsWith("opt/java/"));
  }

  private static Path modules(Path system) {
    return system.resolve("opt/java/lib/modules");
  }

  private static Map<String, Long> sizes(Path system) throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> files = Files.walk(system)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sizes.put(system.relativize(file).toString(), Files.size(file));
      }
    }
    return sizes;
  }
}
