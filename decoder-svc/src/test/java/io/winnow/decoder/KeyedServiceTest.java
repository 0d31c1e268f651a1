package io.winnow.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.winnow.v1.ChatMessage;
import io.winnow.v1.ContentPart;
import io.winnow.v1.CountTokensRequest;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.DecoderGrpc.DecoderBlockingStub;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.GenerateResponse;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The service with a file of API keys: no port lets anybody in whom the other keeps out. */
@QuarkusTest
@QuarkusTestResource(DemoMesh.class)
@TestProfile(KeyedServiceTest.Keys.class)
class KeyedServiceTest {

  private static final GenerateRequest QUESTION =
      GenerateRequest.newBuilder()
          .addMessages(
              ChatMessage.newBuilder()
                  .setRole("user")
                  .addParts(ContentPart.newBuilder().setText("Describe the image")))
          .setMaxTokens(2)
          .build();

  @ConfigProperty(name = "quarkus.grpc.server.test-port")
  int grpcPort;

  @ConfigProperty(name = "quarkus.http.test-port")
  int httpPort;

  /** Injected so that it is a mapping of the application under test. */
  @Inject TestProperties properties;

  private ManagedChannel channel;

  /** One key. */
  public static final class Keys implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      Path file = Path.of("target", "api-keys").toAbsolutePath();
      try {
        Files.writeString(file, "sk-good = team\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return Map.of("winnow.access.key-file", file.toString());
    }
  }

  @BeforeEach
  void connect() {
    channel = ManagedChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Bearer", "Bearer sk-bad", "Basic sk-good", "sk-good"})
  void refusesWhoHasNoKnownKey(String authorization) throws Exception {
    DecoderBlockingStub stub = stub(authorization);

    assertRefused(() -> stub.generate(QUESTION).hasNext());
    assertRefused(
        () -> stub.countTokens(CountTokensRequest.newBuilder().setGeneration(QUESTION).build()));
    assertThat(models(authorization)).isEqualTo(401);
  }

  @Test
  void letsAKnownKeyIn() throws Exception {
    Iterator<GenerateResponse> answer = stub("bearer sk-good").generate(QUESTION);

    assertThat(answer.next().hasStarted()).isTrue();
    answer.forEachRemaining(message -> assertThat(message.hasStarted()).isFalse());
    assertThat(models("Bearer sk-good")).isEqualTo(200);
  }

  @Test
  void probesNeedNoKey() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  private static void assertRefused(Runnable call) {
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call::run);
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(refused.getStatus().getDescription()).contains("API key");
  }

  private DecoderBlockingStub stub(String authorization) {
    DecoderBlockingStub stub =
        DecoderGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    if (authorization.isEmpty()) {
      return stub;
    }
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
    return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private int models(String authorization) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/v1/models"));
    if (!authorization.isEmpty()) {
      request.header("authorization", authorization);
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.discarding()).statusCode();
  }
}
