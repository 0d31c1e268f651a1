package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.cli.mesh.Mesh;
import io.winnow.e2e.Launcher.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's commands with services that ask for a key. */
class ApiKeysIT {

  private static final String KEY = "a-key-of-the-tests";

  @TempDir private static Path folder;
  private static TestMesh mesh;

  @BeforeAll
  static void start() throws IOException {
    Path keys = Files.writeString(folder.resolve("keys"), KEY + " = tests\n");
    mesh =
        TestMesh.serveDemo(
            Map.of(Mesh.DECODER, Map.of("winnow.access.key-file", keys.toString())), 8);
  }

  @AfterAll
  static void stop() {
    mesh.close();
  }

  @Test
  void askSendsIt() throws Exception {
    Path picture = TestMesh.ROOT.resolve("demo-model/pictures/ex03.png");
    assertOnlyWithTheKey("ask", picture, "Is there a circle?", "--url", mesh.url());
  }

  @Test
  void evaluateSendsIt() throws Exception {
    assertOnlyWithTheKey("evaluate", "--limit", 2, "--url", mesh.url());
  }

  @Test
  void calibrateSendsIt() throws Exception {
    assertOnlyWithTheKey(
        "calibrate",
        "--method",
        "vtw",
        "--samples",
        2,
        "--decoder",
        "127.0.0.1:" + mesh.grpcPort(Mesh.DECODER),
        "--pruner",
        "127.0.0.1:" + mesh.grpcPort(Mesh.PRUNER));
  }

  private static void assertOnlyWithTheKey(Object... command) throws Exception {
    Result without = new Launcher(folder).run(command);
    assertThat(without.status()).isEqualTo(1);
    assertThat(without.err()).contains("API key");

    Object[] another =
        Stream.concat(Stream.of(command), Stream.of("--api-key", "another")).toArray();
    Result wrong = new Launcher(folder).run(another);
    assertThat(wrong.status()).isEqualTo(1);
    assertThat(wrong.err()).contains("API key");

    Result right = new Launcher(folder).with("WINNOW_API_KEY", KEY).run(command);
    assertThat(right.status()).as(right.err()).isZero();
  }
}
