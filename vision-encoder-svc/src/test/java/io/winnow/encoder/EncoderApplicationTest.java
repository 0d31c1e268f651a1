package io.winnow.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.winnow.encoder.grpc.PictureCall;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.VisionEncoderGrpc;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The wired service on real ports, with the bundled model. */
@QuarkusTest
@QuarkusTestResource(DemoRepository.class)
class EncoderApplicationTest {

  /** Of each tensor's largest value: the goldens have 7 digits, and other kernels made them. */
  private static final double TOLERANCE = 1e-3;

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
  void encodesTheBundledPicturesAsTheReferenceDoes() throws Exception {
    JsonNode goldens =
        new ObjectMapper().readTree(DemoRepository.DEMO.resolve("goldens/vision.json").toFile());
    for (JsonNode golden : goldens) {
      PictureCall call = call().upload(picture(golden.get("picture").asText()));
      EncodedLayout layout = call.layout();
      float[] tokens = call.allTokens(layout); // [tokens, hidden]

      assertClose(saliency(layout), floats(golden.get("saliency")));
      int hidden = layout.getHiddenSize();
      for (int i = 0; i < golden.get("rows").size(); i++) {
        int row = golden.get("rows").get(i).asInt();
        assertClose(
            Arrays.copyOfRange(tokens, row * hidden, (row + 1) * hidden),
            floats(golden.get("features").get(i)));
      }
    }
    assertThat(goldens.size()).isPositive();
  }

  @Test
  void tellsThePicturesSizeAndWhereTheTimeWent() throws Exception {
    byte[] picture = picture("ex01.png");
    PictureCall first = call().upload(picture);
    EncodedLayout encoded = first.layout();
    first.cancel();
    PictureCall second = call().begin(picture);
    EncodedLayout cached = second.layout();
    second.cancel();

    assertThat(encoded.getTiles(0).getRows() * encoded.getTiles(0).getColumns())
        .isEqualTo(encoded.getTokenCount());
    assertThat(encoded.getPictureWidth()).isPositive();
    assertThat(encoded.getPictureHeight()).isPositive();
    assertThat(cached.getCacheHit()).isTrue();
    assertThat(cached.getTimings().getEncodeMicros()).isZero();
    assertThat(cached.toBuilder().clearCacheHit().clearTimings().build())
        .isEqualTo(encoded.toBuilder().clearCacheHit().clearTimings().build());
  }

  @Test
  void refusesWhatIsNoPictureAndEncodesTheNext() throws Exception {
    PictureCall text = call().upload("not a picture");
    byte[] cut = Arrays.copyOf(picture("ex02.png"), 300);
    PictureCall truncated = call().upload(cut);

    assertThat(text.awaitFailure().getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(truncated.awaitFailure().getStatus().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    PictureCall next = call().upload(picture("ex02.png"));
    assertThat(next.layout().getTokenCount()).isPositive();
    next.cancel();
  }

  @Test
  void saysOverGrpcThatItServes() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .check(
                    HealthCheckRequest.newBuilder().setService("winnow.v1.VisionEncoder").build())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void saysOverHttpThatItIsReady() throws Exception {
    HttpRequest ready =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/q/health/ready"))
            .build();

    assertThat(
            HttpClient.newHttpClient()
                .send(ready, HttpResponse.BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(200);
  }

  private PictureCall call() {
    return new PictureCall(
        VisionEncoderGrpc.newStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS));
  }

  private static byte[] picture(String name) throws Exception {
    return Files.readAllBytes(DemoRepository.DEMO.resolve("pictures").resolve(name));
  }

  private static float[] saliency(EncodedLayout layout) {
    float[] saliency = new float[layout.getTokenCount()];
    assertThat(layout.getTensors(0).getName()).isEqualTo("saliency");
    layout
        .getTensors(0)
        .getTensor()
        .getData()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(saliency);
    return saliency;
  }

  private static float[] floats(JsonNode list) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) list.get(i).asDouble();
    }
    return values;
  }

  private static void assertClose(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double scale = 0;
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      scale = Math.max(scale, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    }
    assertThat(worst).isLessThanOrEqualTo(TOLERANCE * scale);
  }
}
