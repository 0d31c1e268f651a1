package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.trace.v1.Span.Event;
import io.opentelemetry.proto.trace.v1.Status;
import io.winnow.cli.mesh.Mesh;
import io.winnow.e2e.OtlpReceiver.Received;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** One request, one trace, of all services, as a collector gets it. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TracesIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;
  private static final String CALLER = "00f067aa0ba902b7";
  private static final String CHAT = "chat demo";

  private static final Pattern EXEMPLAR =
      Pattern.compile("(?m)^(\\w+)_seconds_bucket\\{.*# \\{span_id=\"(\\w+)\",trace_id=\"(\\w+)\"");

  private static OtlpReceiver receiver;
  private static TestMesh mesh;

  @BeforeAll
  static void start() throws Exception {
    receiver = new OtlpReceiver();
    Map<String, String> settings =
        Map.of(
            "quarkus.otel.exporter.otlp.endpoint",
            receiver.endpoint(),
            "quarkus.otel.bsp.schedule.delay",
            "100ms");
    mesh =
        TestMesh.serveDemo(
            Set.of(Mesh.ENCODER, Mesh.PRUNER, Mesh.DECODER).stream()
                .collect(Collectors.toMap(Function.identity(), module -> settings)));
  }

  @AfterAll
  static void stop() {
    mesh.close();
    receiver.close();
  }

  @Test
  @Order(1)
  void oneRequestIsOneTraceOfAllServicesWithoutOrphans() throws Exception {
    Api.Reply reply = post(QUESTION, "4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(reply.answer()).isEqualTo(QUESTION.answer());

    List<Received> trace = await("4bf92f3577b34da6a3ce929d0e0e4736", "plan", "send visual tokens");
    assertThat(named(trace, CHAT).parentId()).isEqualTo(CALLER);
    assertThat(services(trace, "decoder-svc"))
        .contains(CHAT, "parse request", "admission queue", "prepare prompt", "encode picture")
        .contains("decide", "wire", "decoder queue", "prefill", "prefill segment", "first token")
        .contains("decode");
    assertThat(services(trace, "vision-encoder-svc"))
        .contains("vision encoder", "receive picture", "encoder queue", "decode picture")
        .contains("preprocess", "encode", "send visual tokens");
    assertThat(services(trace, "pruner-svc")).contains("plan");
    assertThat(trace).allMatch(span -> span.span().getStatus().getCodeValue() == 0);
  }

  /** So far there was one request, and none but those of this class comes. */
  @Test
  @Order(2)
  void exemplarsOfEveryServiceNameARequestAndASpanOfTheirs() throws Exception {
    String id = "4bf92f3577b34da6a3ce929d0e0e4736";
    List<Received> trace = await(id, "plan", "send visual tokens");
    Map<String, List<String>> stages =
        Map.of(
            Mesh.DECODER,
            List.of("gen_ai_server_time_to_first_token", "winnow_decoder_prefill"),
            Mesh.ENCODER,
            List.of("winnow_encoder_queue", "winnow_encoder_encode"),
            Mesh.PRUNER,
            List.of("winnow_pruner_plan"));
    for (String service : stages.keySet()) {
      String scrape = mesh.scrape(service, "application/openmetrics-text;version=1.0.0");
      Set<String> spans =
          trace.stream()
              .filter(span -> span.service().equals(service))
              .map(Received::id)
              .collect(Collectors.toSet());
      assertThat(EXEMPLAR.matcher(scrape).results())
          .as(service)
          .allMatch(exemplar -> exemplar.group(3).equals(id))
          .allMatch(exemplar -> spans.contains(exemplar.group(2)))
          .extracting(exemplar -> exemplar.group(1))
          .containsAll(stages.get(service));
      assertThat(scrape).endsWith("# EOF\n");
    }
  }

  @Test
  @Order(3)
  void spansSayWhatTheStagesDid() throws Exception {
    post(QUESTION, "5bf92f3577b34da6a3ce929d0e0e4736");

    List<Received> trace = await("5bf92f3577b34da6a3ce929d0e0e4736", "send visual tokens");
    Received request = named(trace, CHAT);
    assertThat(request.text("gen_ai.operation.name")).isEqualTo("chat");
    assertThat(request.text("gen_ai.provider.name")).isEqualTo("winnow");
    assertThat(request.text("gen_ai.request.model")).isEqualTo("demo");
    assertThat(request.number("gen_ai.usage.image.input_tokens")).isEqualTo(576);
    assertThat(request.number("gen_ai.usage.output_tokens")).isPositive();
    Received sent = named(trace, "send visual tokens");
    assertThat(sent.number("winnow.bytes")).isEqualTo(576 * 128 * Float.BYTES);
    assertThat(sent.number("winnow.blocks")).isPositive();
    assertThat(trace.stream().filter(span -> span.span().getName().equals("prefill segment")))
        .hasSize(4)
        .allMatch(span -> span.number("winnow.visual_tokens.in") == 576);
  }

  @Test
  @Order(4)
  void tracesHoldNeitherPicturesNorWords() throws Exception {
    post(QUESTION, "6bf92f3577b34da6a3ce929d0e0e4736");

    String everything =
        await("6bf92f3577b34da6a3ce929d0e0e4736", "plan", "send visual tokens").toString();
    assertThat(everything).doesNotContain(QUESTION.text()).doesNotContain(QUESTION.answer());
    assertThat(everything).doesNotContain(Api.dataUrl(QUESTION.pictureBytes()).substring(22, 60));
  }

  @Test
  @Order(5)
  void aPictureThatCannotBeReadFailsItsSpans() throws Exception {
    Api.Reply reply =
        new Api(mesh.url())
            .post(
                Api.question("no picture".getBytes("UTF-8"), "What?"),
                traceparent("7bf92f3577b34da6a3ce929d0e0e4736"));
    assertThat(reply.status()).isEqualTo(400);

    List<Received> trace = await("7bf92f3577b34da6a3ce929d0e0e4736", "vision encoder");
    for (String name : List.of(CHAT, "encode picture")) {
      assertThat(named(trace, name).text("error.type")).isEqualTo("picture_unreadable");
      assertThat(named(trace, name).span().getStatus().getCode())
          .isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
    }
    assertThat(named(trace, "vision encoder").text("error.type")).isEqualTo("invalid_argument");
  }

  @Test
  @Order(6)
  void aPrunerThatIsAwayFailsOnlyTheDecision() throws Exception {
    mesh.process(Mesh.PRUNER).destroyForcibly();
    mesh.awaitExit(Mesh.PRUNER);
    Api.Reply reply = post(QUESTION, "8bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(reply.answer()).isEqualTo(QUESTION.answer());

    List<Received> trace = await("8bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(named(trace, "decide").text("error.type")).isEqualTo("pruner_lost");
    assertThat(named(trace, CHAT).text("error.type")).isEmpty();
    assertThat(named(trace, CHAT).span().getEventsList()).extracting(Event::getName).isEmpty();
  }

  /** What came after a test had looked; the services send what they still have when they stop. */
  @Test
  @Order(7)
  void noneThatCameLateIsAnOrphan() {
    mesh.close();

    assertThat(receiver.orphans(CALLER)).isEmpty();
  }

  private static Api.Reply post(DemoQuestion question, String traceId) throws Exception {
    return new Api(mesh.url()).post(Api.question(question), traceparent(traceId));
  }

  private static String traceparent(String traceId) {
    return "00-%s-%s-01".formatted(traceId, CALLER);
  }

  /** The trace, once the request's span is there and these, which no other span waits for. */
  private static List<Received> await(String traceId, String... leaves)
      throws InterruptedException {
    Set<String> awaited = new HashSet<>(List.of(leaves));
    awaited.add(CHAT);
    return receiver.await(
        traceId,
        CALLER,
        spans ->
            spans.stream()
                .map(span -> span.span().getName())
                .collect(Collectors.toSet())
                .containsAll(awaited));
  }

  private static Received named(List<Received> trace, String name) {
    return trace.stream()
        .filter(span -> span.span().getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no span " + name));
  }

  private static Set<String> services(List<Received> trace, String service) {
    return trace.stream()
        .filter(span -> span.service().equals(service))
        .map(span -> span.span().getName())
        .collect(Collectors.toSet());
  }
}
