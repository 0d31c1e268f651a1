package io.winnow.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packages of another architecture, made here: fetching real ones is the build's matter. */
class ForeignDebianTest {

  @TempDir private Path folder;

  @BeforeEach
  void needsDebian() {
    assumeTrue(Files.exists(Path.of("/var/lib/dpkg/status")), "this is no Debian");
  }

  @Test
  void takesWhatProgramsAskForAndSaysWhatItIsMadeOf() throws Exception {
    ForeignDebian packages = fetched();
    Path image = folder.resolve("image");

    DebianLibraries.copy(packages, packages.fetch(), image);

    // Programs name the loader by the first of these.
    assertThat(image.resolve("lib/ld-linux-aarch64.so.1")).hasContent("loader");
    assertThat(image.resolve("lib/aarch64-linux-gnu/libc.so.6")).hasContent("libc6");
    assertThat(image.resolve("lib/aarch64-linux-gnu/libz.so.1")).hasContent("zlib1g");
    assertThat(image.resolve("lib/aarch64-linux-gnu/libz.so.1.2.13")).doesNotExist();
    assertThat(image.resolve("lib/aarch64-linux-gnu/gconv")).doesNotExist();
    assertThat(image.resolve("var/lib/dpkg/status.d/libc6"))
        .content()
        .contains("Package: libc6", "Architecture: arm64");
    assertThat(image.resolve("usr/share/doc/libstdc++6/copyright")).hasContent("GPL");
  }

  @Test
  void linksJavaFromThePackagesModules() throws Exception {
    ForeignDebian packages = fetched();
    Path modules =
        Files.createDirectories(
            packages.fetch().resolve("usr/lib/jvm/java-17-openjdk-arm64/jmods"));

    assertThat(packages.modules()).isEqualTo(modules);
  }

  @Test
  void namesThePackageThatWasNotFetched() {
    ForeignDebian packages = new ForeignDebian("no-such", folder);

    assertThatThrownBy(() -> packages.record("libc6"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("libc6_*.deb");
  }

  private ForeignDebian fetched() throws Exception {
    List<String> names = new ArrayList<>(DebianLibraries.NEEDED);
    names.addAll(DebianLibraries.WHERE_INSTALLED);
    Path root = Files.createDirectories(folder.resolve("root"));
    Path libraries = Files.createDirectories(root.resolve("lib/aarch64-linux-gnu"));
    for (String name : names) {
      Path source = folder.resolve("source").resolve(name);
      Path control = Files.createDirectories(source.resolve("DEBIAN")).resolve("control");
      Files.writeString(
          control,
          "Package: %s\nVersion: 1\nArchitecture: arm64\nMaintainer: x <x@example.org>\nDescription: x\n"
              .formatted(name));
      String archive = folder.resolve(name + "_1_arm64.deb").toString();
      Process build =
          new ProcessBuilder("dpkg-deb", "--build", source.toString(), archive)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      assertThat(build.waitFor()).isZero();
      Path documents = Files.createDirectories(root.resolve("usr/share/doc").resolve(name));
      Files.writeString(documents.resolve("copyright"), "GPL");
    }
    Files.writeString(libraries.resolve("libc.so.6"), "libc6");
    Files.writeString(libraries.resolve("libz.so.1.2.13"), "zlib1g");
    Files.createSymbolicLink(libraries.resolve("libz.so.1"), Path.of("libz.so.1.2.13"));
    Files.writeString(libraries.resolve("ld-linux-aarch64.so.1"), "loader");
    Files.createSymbolicLink(
        root.resolve("lib/ld-linux-aarch64.so.1"),
        Path.of("aarch64-linux-gnu/ld-linux-aarch64.so.1"));
    Files.writeString(
        Files.createDirectories(libraries.resolve("gconv")).resolve("x.so.1"), "plug-in");
    Files.writeString(folder.resolve("complete-" + ForeignDebian.jdk()), "");
    return new ForeignDebian("arm64", folder);
  }
}
