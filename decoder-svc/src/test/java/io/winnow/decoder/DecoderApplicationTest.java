package io.winnow.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.winnow.v1.ChatMessage;
import io.winnow.v1.ContentPart;
import io.winnow.v1.CountTokensRequest;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import io.winnow.v1.GenerationFinished;
import io.winnow.v1.GenerationTimings;
import io.winnow.v1.TokenCount;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The wired service on real ports, with the bundled model. */
@QuarkusTest
@QuarkusTestResource(DemoMesh.class)
class DecoderApplicationTest {

  @ConfigProperty(name = "quarkus.grpc.server.test-port")
  int grpcPort;

  @ConfigProperty(name = "quarkus.http.test-port")
  int httpPort;

  /** Injected so that it is a mapping of the application under test. */
  @Inject TestProperties properties;

  private ManagedChannel channel;

  @BeforeEach
  void connect() {
    channel = ManagedChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @Test
  void givesTheReferencesAnswersToTheBundledQuestions() throws IOException {
    JsonNode goldens =
        new ObjectMapper().readTree(DemoMesh.DEMO.resolve("goldens/answers.json").toFile());
    List<Iterator<GenerateResponse>> answers = new ArrayList<>();
    for (JsonNode golden : goldens) {
      answers.add(
          stub()
              .generate(
                  ask(picture(golden.get("picture").asText()), golden.get("question").asText())
                      .setMaxTokens(golden.get("answer_ids").size() + 1)
                      .build()));
    }
    for (int i = 0; i < answers.size(); i++) {
      assertThat(text(answers.get(i)))
          .as(goldens.get(i).get("question").asText())
          .startsWith(goldens.get(i).get("answer").asText());
    }
    assertThat(answers).hasSize(36);
  }

  @Test
  void reportsUsageTimesAndReduction() throws IOException {
    List<GenerateResponse> steps = new ArrayList<>();
    stub()
        .generate(ask(picture("ex00.png"), "How many circles are in the picture?").build())
        .forEachRemaining(steps::add);

    TokenCount prompt = steps.get(0).getStarted().getPrompt();
    assertThat(prompt.getImageTokens()).isEqualTo(576);
    assertThat(prompt.getTextTokens()).isEqualTo(11);
    GenerationFinished finished = steps.get(steps.size() - 1).getFinished();
    assertThat(finished.getUsage().getPromptTokens()).isEqualTo(587);
    assertThat(finished.getUsage().getImageTokensKept()).isEqualTo(576);
    assertThat(finished.getReduction().getMethod()).isEqualTo("none");
    GenerationTimings timings = finished.getTimings();
    assertThat(timings.getPrefillMicros()).isPositive();
    assertThat(timings.getWireMicros()).isPositive();
    assertThat(timings.getDecideMicros()).isPositive();
    assertThat(timings.getFirstTokenMicros()).isGreaterThan(timings.getPrefillMicros());
  }

  @Test
  void answersManyAtOnceAsItAnswersOne() throws IOException {
    GenerateRequest request =
        ask(picture("ex00.png"), "Where is the pink heart in the picture?").build();
    List<Iterator<GenerateResponse>> answers = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      answers.add(stub().generate(request));
    }

    assertThat(answers).allSatisfy(answer -> assertThat(text(answer)).isEqualTo("bottom left"));
  }

  @Test
  void refusesTwoPicturesThatTheContextCannotHold() throws IOException {
    GenerateRequest.Builder request = ask(picture("ex00.png"), "Which is red?");
    request.getMessagesBuilder(0).addParts(part(picture("ex01.png")));
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                stub().countTokens(CountTokensRequest.newBuilder().setGeneration(request).build()));

    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(thrown.getStatus().getDescription()).contains("1152 of 2 pictures", "1024");
  }

  @Test
  void refusesAChatOfAThousandTurnsForItsLengthOnly() {
    GenerateRequest.Builder request = GenerateRequest.newBuilder();
    for (int i = 0; i < 1_001; i++) {
      request.addMessages(
          ChatMessage.newBuilder()
              .setRole(i % 2 == 0 ? "user" : "assistant")
              .addParts(ContentPart.newBuilder().setText("red")));
    }
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> stub().generate(request.build()).hasNext());

    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(thrown.getStatus().getDescription()).contains("tokens", "shorten");
  }

  @Test
  void boundsTheCallsOfOneConnection() {
    HealthCheckRequest decoder =
        HealthCheckRequest.newBuilder().setService("winnow.v1.Decoder").build();
    for (int i = 0; i < 64; i++) {
      // The first answer shows that the call has its place; none of them ends.
      assertThat(HealthGrpc.newBlockingStub(channel).watch(decoder).hasNext()).isTrue();
    }
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                    .check(decoder));

    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void saysOverGrpcThatItServes() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .check(HealthCheckRequest.newBuilder().setService("winnow.v1.Decoder").build())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void saysOverHttpThatItIsReady() throws Exception {
    HttpRequest ready =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/q/health/ready"))
            .build();

    HttpResponse<String> response =
        HttpClient.newHttpClient().send(ready, HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).contains("answers");
  }

  private DecoderGrpc.DecoderBlockingStub stub() {
    return DecoderGrpc.newBlockingStub(channel).withDeadlineAfter(120, TimeUnit.SECONDS);
  }

  private static String text(Iterator<GenerateResponse> answer) {
    StringBuilder text = new StringBuilder();
    answer.forEachRemaining(step -> text.append(step.getDelta().getText()));
    return text.toString();
  }

  private static GenerateRequest.Builder ask(byte[] picture, String question) {
    return GenerateRequest.newBuilder()
        .addMessages(
            ChatMessage.newBuilder()
                .setRole("user")
                .addParts(part(picture))
                .addParts(ContentPart.newBuilder().setText(question)));
  }

  private static ContentPart part(byte[] picture) {
    return ContentPart.newBuilder().setPicture(ByteString.copyFrom(picture)).build();
  }

  private static byte[] picture(String name) throws IOException {
    return Files.readAllBytes(DemoMesh.DEMO.resolve("pictures").resolve(name));
  }
}
