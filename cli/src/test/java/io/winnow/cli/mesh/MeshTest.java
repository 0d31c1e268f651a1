package io.winnow.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeshTest {

  @TempDir private Path root;

  @Test
  void furtherSettingsComeToThoseOfOtherModules() {
    MeshPlan plan =
        new MeshPlan(
                Path.of("root"),
                Path.of("models"),
                1,
                Path.of("logs"),
                MeshPlan.LONG_RUN,
                MeshPlan.recipesIn(Path.of("recipes")))
            .with(MeshPlan.modelsOn("a:1,b:2"));

    assertThat(plan.settings(Mesh.PRUNER)).containsValue("recipes");
    assertThat(plan.settings(Mesh.ENCODER)).containsEntry("winnow.triton.endpoints", "a:1,b:2");
    assertThat(plan.settings(Mesh.DECODER)).containsEntry("winnow.triton.endpoints", "a:1,b:2");
  }

  @Test
  void aServiceThatDoesNotStartShowsItsLogAndLeavesNoProcess() throws IOException {
    MeshPlan plan =
        new MeshPlan(
            root,
            root,
            FreePorts.find(1).get(0),
            root.resolve("logs"),
            List.of("-XX:TieredStopAtLevel=1"),
            Map.of());

    assertThatThrownBy(() -> Mesh.start(plan))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("vision-encoder-svc ended while it started")
        .hasMessageContaining("quarkus-run.jar");
    assertThat(ProcessHandle.current().children().filter(MeshTest::isOfThisTest)).isEmpty();
  }

  private static boolean isOfThisTest(ProcessHandle process) {
    return process.info().commandLine().orElse("").contains("quarkus-run.jar");
  }
}
