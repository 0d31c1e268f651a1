package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.mesh.Mesh;
import io.winnow.cli.mesh.MeshPlan;
import io.winnow.e2e.Api.Reply;
import io.winnow.runtime.triton.OnTriton;
import io.winnow.runtime.triton.RealTriton;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The mesh on two real Tritons: it answers as on its own runtimes, and outlives a Triton. */
@OnTriton
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TritonIT {

  private static final Path RECIPES = TestMesh.ROOT.resolve("demo-model/recipes");

  /** More than the servers have slots for, so that at a loss some are under way there. */
  private static final int COPIES = 5;

  private static final int BEGUN = 6;
  private static final int ROUNDS = 5;
  private static final Pattern BEGUN_THERE =
      Pattern.compile("ended a generation after [1-9][0-9]* tokens");
  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;
  private static final int QUESTIONS = 9;

  /** Everything that prunes in the decoder, and the exit whose verdicts are waited for. */
  private static final List<String> WISHES =
      List.of(
          "{\"method\":\"fitprune\",\"flops_ratio\":0.45}",
          "{\"method\":\"vtw\",\"layer\":4}",
          "{\"method\":\"fastv\",\"layer\":4,\"flops_ratio\":0.7}",
          "{\"method\":\"random\",\"layer\":3,\"seed\":-5,\"keep_ratio\":0.6}",
          "{\"method\":\"visionzip\"}",
          "{\"method\":\"dyvte\",\"blocking\":true}",
          "{\"method\":\"dyvte\",\"blocking\":true,\"exit_threshold\":0.1}",
          "{\"method\":\"dyvte\",\"blocking\":true,\"with\":\"fitprune\",\"flops_ratio\":0.6}");

  private final Map<String, JsonNode> embedded = new TreeMap<>(); // what to expect, by request
  private final List<RealTriton> tritons = new ArrayList<>();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private TestMesh mesh;
  private Api api;

  @BeforeAll
  void start() throws Exception {
    Path models = TestMesh.demoForTriton();
    Map<String, Map<String, String>> recipes = MeshPlan.recipesIn(RECIPES);
    try (TestMesh own = TestMesh.serve(models, recipes)) {
      for (ObjectNode request : comparedRequests()) {
        embedded.put(request.toString(), comparable(new Api(own.url()).post(request)));
      }
    }
    for (int number = 0; number < 2; number++) {
      tritons.add(RealTriton.start(models, "--models", "demo-vision,demo-decoder"));
    }
    Map<String, Map<String, String>> settings = new TreeMap<>(recipes);
    settings.putAll(MeshPlan.modelsOn(tritons.get(0).address() + "," + tritons.get(1).address()));
    mesh = TestMesh.serve(models, settings);
    api = new Api(mesh.url());
  }

  @AfterAll
  void stop() {
    if (mesh != null) {
      mesh.close();
    }
    tritons.forEach(RealTriton::close);
  }

  @Test
  void answersAndPrunesAsTheRuntimesInTheServicesDo() throws Exception {
    for (ObjectNode request : comparedRequests()) {
      JsonNode expected = embedded.get(request.toString());

      JsonNode got = comparable(api.post(request));

      assertThat(got).as(request.path("visual_token_reduction").toString()).isEqualTo(expected);
    }
  }

  @Test
  void answersWhoseTritonIsKilledAreThoseOfAnUndisturbedRun() throws Exception {
    Map<ObjectNode, String> undisturbed = longAnswers();

    int before = decoderLog().length();
    boolean begunThere = false;
    for (int round = 0; round < ROUNDS && !begunThere; round++) {
      killAmidst(undisturbed);
      begunThere = BEGUN_THERE.matcher(decoderLog().substring(before)).find();
    }
    assertThat(begunThere).as("some had begun there").isTrue();
  }

  /** Which of the answers the server has begun by then is chance. */
  private void killAmidst(Map<ObjectNode, String> undisturbed) throws Exception {
    List<Map.Entry<String, CompletableFuture<String>>> disturbed = new ArrayList<>();
    CountDownLatch begun = new CountDownLatch(BEGUN);
    for (int copy = 0; copy < COPIES; copy++) {
      undisturbed.forEach(
          (request, answer) -> disturbed.add(Map.entry(answer, stream(request, begun))));
    }
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    tritons.get(0).kill();
    try {
      for (Map.Entry<String, CompletableFuture<String>> answer : disturbed) {
        assertThat(answer.getValue().get(60, TimeUnit.SECONDS)).isEqualTo(answer.getKey());
      }
    } finally {
      tritons.get(0).restart();
    }
    awaitBothUsed();
  }

  /** Waits until decoder-svc has noticed that both are back. */
  @BeforeEach
  void awaitBothUsed() throws Exception {
    for (RealTriton triton : tritons) {
      for (int round = 0; !isUsed(triton); round++) {
        assertThat(round).as(triton.address() + " is used").isLessThan(600);
        RealTriton.pause();
      }
    }
  }

  /** By what the log says of it last. */
  private boolean isUsed(RealTriton triton) throws IOException {
    String log = decoderLog();
    String about = "runtime " + triton.address() + " is ";
    return log.startsWith("ready", log.lastIndexOf(about) + about.length());
  }

  private String decoderLog() throws IOException {
    return Files.readString(mesh.log(Mesh.DECODER));
  }

  /** The longest of some warm answers, which leave time to be hit, and two greedy ones. */
  private Map<ObjectNode, String> longAnswers() throws Exception {
    Map<ObjectNode, String> warm = new LinkedHashMap<>();
    for (int seed = 1; seed <= 12; seed++) {
      ObjectNode request =
          Api.question(DemoQuestion.LONGEST)
              .put("temperature", 2)
              .put("seed", seed)
              .put("max_tokens", 400);
      warm.put(request, api.post(request).answer());
    }
    Map<ObjectNode, String> chosen = new LinkedHashMap<>();
    warm.entrySet().stream()
        .sorted(Comparator.comparing(answer -> -answer.getValue().length()))
        .limit(4)
        .forEach(answer -> chosen.put(answer.getKey(), answer.getValue()));
    for (String wish : WISHES.subList(0, 2)) {
      ObjectNode request = Api.question(DemoQuestion.LONGEST);
      request.set("visual_token_reduction", Api.JSON.readTree(wish));
      chosen.put(request, api.post(request).answer());
    }
    return chosen;
  }

  @Test
  void aTritonThatHangsDelaysAnswersAndLosesNone() throws Exception {
    List<DemoQuestion> all = DemoQuestion.all(); // the last ones' pictures are not cached yet
    Map<DemoQuestion, CompletableFuture<Reply>> answers = new LinkedHashMap<>();
    tritons.get(0).freeze();
    try {
      for (DemoQuestion question : all.subList(all.size() - 4, all.size())) {
        answers.put(question, api.postAsync(Api.question(question)));
      }
      for (Map.Entry<DemoQuestion, CompletableFuture<Reply>> answer : answers.entrySet()) {
        Reply reply = answer.getValue().get(90, TimeUnit.SECONDS);
        assertThat(reply.status()).as(reply.message()).isEqualTo(200);
        assertThat(reply.answer()).isEqualTo(answer.getKey().answer());
      }
    } finally {
      tritons.get(0).thaw();
    }
  }

  @Test
  void withoutATritonTheMeshSaysSoAndComesBackByItself() throws Exception {
    tritons.forEach(RealTriton::kill);

    Reply refused = api.post(Api.text("is there a red circle?"));
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.code()).isEqualTo("unavailable");
    assertThat(refused.message()).contains(tritons.get(0).address(), "ask again");
    assertThat(api.post(Api.question(QUESTION)).status()).isEqualTo(503);
    mesh.awaitReady(503);
    assertThat(mesh.process(Mesh.DECODER).isAlive()).isTrue();

    tritons.get(1).restart(); // one is enough
    mesh.awaitReady(200);
    mesh.awaitReady(Mesh.ENCODER, 200); // it connects on its own
    Reply answered = api.post(Api.question(QUESTION));
    assertThat(answered.status()).as(answered.message()).isEqualTo(200);
    assertThat(answered.answer()).isEqualTo(QUESTION.answer());
    tritons.get(0).restart();
  }

  private static List<ObjectNode> comparedRequests() throws Exception {
    List<ObjectNode> requests = new ArrayList<>();
    for (DemoQuestion question : DemoQuestion.all().subList(0, QUESTIONS)) {
      ObjectNode request = Api.question(question);
      request.putObject("visual_token_reduction").put("method", "none"); // auto goes by time
      requests.add(request);
    }
    for (String wish : WISHES) {
      ObjectNode request = Api.question(QUESTION);
      request.set(
          "visual_token_reduction", ((ObjectNode) Api.JSON.readTree(wish)).put("report", true));
      requests.add(request);
    }
    return requests;
  }

  /** All of a reply but its name and its times. */
  private static JsonNode comparable(Reply reply) {
    assertThat(reply.status()).as(reply.message()).isEqualTo(200);
    ObjectNode body = Api.JSON.createObjectNode();
    body.set("choices", reply.body().path("choices"));
    body.set("usage", reply.body().path("usage"));
    JsonNode reduction = reply.body().path("visual_token_reduction").deepCopy();
    for (JsonNode verdict : reduction.path("exit").path("verdicts")) {
      ObjectNode fields = (ObjectNode) verdict;
      fields.remove(List.of("needed_ms", "arrived_ms"));
      fields.put("margin", Math.round(verdict.path("margin").asDouble() * 1000) / 1000.0);
    }
    body.set("visual_token_reduction", reduction);
    return body;
  }

  /** The text of a streamed answer; says when the first of it is there. */
  private CompletableFuture<String> stream(ObjectNode request, CountDownLatch begun) {
    HttpRequest call =
        HttpRequest.newBuilder(mesh.url().resolve("/v1/chat/completions"))
            .header("content-type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    request.deepCopy().put("stream", true).toString()))
            .build();
    return http.sendAsync(call, BodyHandlers.ofLines())
        .thenApplyAsync(
            response -> {
              StringBuilder text = new StringBuilder();
              AtomicBoolean waiting = new AtomicBoolean(true);
              response
                  .body()
                  .filter(line -> line.startsWith("data: {"))
                  .forEach(
                      line -> {
                        text.append(delta(line.substring("data: ".length())));
                        if (waiting.get() && !text.isEmpty()) {
                          waiting.set(false);
                          begun.countDown();
                        }
                      });
              return text.toString();
            });
  }

  private static String delta(String chunk) {
    try {
      JsonNode json = Api.JSON.readTree(chunk);
      assertThat(json.has("error")).as(chunk).isFalse();
      return json.path("choices").path(0).path("delta").path("content").asText("");
    } catch (IOException e) {
      throw new AssertionError(chunk, e);
    }
  }
}
