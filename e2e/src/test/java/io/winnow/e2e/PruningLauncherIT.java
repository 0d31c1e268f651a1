package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.e2e.Launcher.Result;
import io.winnow.e2e.WhatWasKept.Decoder;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Pruning from the command line. */
@ExtendWith(SharedMesh.class)
class PruningLauncherIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;

  @TempDir private Path folder;
  private Launcher winnow;

  @BeforeEach
  void standInTheFolder() {
    winnow = new Launcher(folder);
  }

  @Test
  void askPrunesAndWritesWhatWasKept(TestMesh mesh) throws Exception {
    Result result =
        ask(mesh, "--prune", "vtw", "--layer", "6", "--report", "a.png", "--report", "a.json");

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out().lines())
        .anyMatch(
            line -> line.matches(" *image tokens +576, kept 432 \\(vtw, 0.7\\d of the FLOPs\\)"));
    JsonNode report = Api.JSON.readTree(folder.resolve("a.json").toFile());
    WhatWasKept kept = WhatWasKept.of(report);
    kept.check(432, Decoder.DEMO);
    assertThat(kept.left(0)).isEmpty();
    BufferedImage sheet = ImageIO.read(folder.resolve("a.png").toFile());
    assertThat(sheet.getWidth()).isEqualTo(2 * 40 + 2 * 264 + 24); // the picture, and without it
  }

  @Test
  void askShowsTheExitAndWhatItSaved(TestMesh mesh) throws Exception {
    Path picture = TestMesh.ROOT.resolve("demo-model/pictures/ex03.png");

    Result result =
        ask(mesh, picture, "Is there a circle?", List.of("--prune", "dyvte", "--blocking"));

    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out())
        .startsWith("yes")
        .containsPattern("exit +after layer 3, saved 50 % of the FLOPs")
        .containsPattern("verdicts +2, none late");
  }

  @Test
  void whatTheServiceRefusesIsOneLine(TestMesh mesh) throws Exception {
    assertRefused("magic", ask(mesh, "--prune", "magic"));
    assertRefused("one of flops_ratio", ask(mesh, "--flops", "0.5", "--keep", "0.5"));
    assertRefused("must be auto, low or high", ask(mesh, "--detail", "huge"));
  }

  private Result ask(TestMesh mesh, Object... options) throws Exception {
    return ask(mesh, QUESTION.pictureFile(), QUESTION.text(), List.of(options));
  }

  private Result ask(TestMesh mesh, Path picture, String text, List<Object> options)
      throws Exception {
    List<Object> args = new ArrayList<>(List.of("ask", picture, text, "--url", mesh.url()));
    args.addAll(options);
    return winnow.run(args.toArray());
  }

  private static void assertRefused(String words, Result result) {
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().strip()).startsWith("winnow: ").contains(words).doesNotContain("\n");
  }
}
