package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.cli.explain.TraceStores;
import io.winnow.cli.mesh.FreePorts;
import io.winnow.cli.mesh.RunningServe;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./winnow serve}, and that nothing outlives it. */
class ServeIT {

  private static final Path SERVE_FILE = TestMesh.ROOT.resolve(".winnow/serve.json");
  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;

  @TempDir private Path folder;
  private Process serve;
  private String url;
  private List<ProcessHandle> services;

  @BeforeEach
  void start() throws Exception {
    int port = FreePorts.find(1).get(0);
    serve = new Launcher(folder).startGroup("serve", "--port", port);
    BufferedReader out =
        new BufferedReader(new InputStreamReader(serve.getInputStream(), StandardCharsets.UTF_8));
    url = out.readLine();
    assertThat(url).isEqualTo("http://127.0.0.1:" + port);
    RunningServe running = RunningServe.find(SERVE_FILE).orElseThrow();
    assertThat(running.pid()).isEqualTo(serve.pid());
    services =
        running.services().values().stream()
            .flatMap(pid -> ProcessHandle.of(pid).stream())
            .toList();
    assertThat(services).hasSize(3);
  }

  @AfterEach
  void kill() {
    serve.destroyForcibly();
    services.forEach(ProcessHandle::destroyForcibly);
  }

  @Test
  void askFindsItAndInterruptingItLeavesNoProcess() throws Exception {
    Launcher.Result answer =
        new Launcher(folder).run("ask", QUESTION.pictureFile(), QUESTION.text());
    assertThat(answer.out()).startsWith(QUESTION.answer());
    assertThat(answer.err()).isEmpty();
    explainsWhereTheTimeWent();

    signal("INT", -serve.pid()); // As a terminal's Ctrl-C: to the launcher and the services alike.

    assertThat(serve.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(services).noneMatch(ProcessHandle::isAlive);
    assertThat(SERVE_FILE).doesNotExist();
  }

  private void explainsWhereTheTimeWent() throws Exception {
    Launcher.Result traced =
        new Launcher(folder).run("ask", QUESTION.pictureFile(), QUESTION.text(), "--trace");
    assertThat(traced.out()).contains("to the first token", "the prefill", "deciding", "plan");

    Path drawing = folder.resolve("waterfall.svg");
    Launcher.Result again = new Launcher(folder).run("explain", "--last", "--svg", drawing);
    assertThat(traced.out()).as(again.err()).endsWith(again.out());
    assertThat(drawing).content().startsWith("<svg").contains("prefill segment");

    Launcher.Result unknown = new Launcher(folder).run("explain", "0".repeat(32));
    assertThat(unknown.status()).isEqualTo(1);
    assertThat(unknown.err()).contains("is not held there");
  }

  /** So no question of a user's is the first one. */
  @Test
  void itHasAskedAQuestionOfItsOwn() throws Exception {
    assertThat(new TraceStores(List.of(URI.create(url))).last()).isPresent();
  }

  @Test
  void interruptingItLetsAnswersUnderWayEnd() throws Exception {
    StreamedAnswers answers = new StreamedAnswers(URI.create(url), DemoQuestion.LONGEST);
    answers.awaitFirst();

    signal("INT", -serve.pid());

    answers.assertEndedWell();
    assertThat(serve.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void killingItLeavesNoProcess() throws Exception {
    signal("KILL", serve.pid());

    for (ProcessHandle service : services) {
      service.onExit().get(60, TimeUnit.SECONDS);
    }
  }

  private static void signal(String name, long target) throws Exception {
    new ProcessBuilder("kill", "-" + name, "--", Long.toString(target)).start().waitFor();
  }
}
