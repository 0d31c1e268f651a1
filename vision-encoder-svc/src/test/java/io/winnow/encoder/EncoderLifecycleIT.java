package io.winnow.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.winnow.encoder.grpc.PictureCall;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.VisionEncoderGrpc;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the process says of itself when it starts and stops. */
class EncoderLifecycleIT {

  @Test
  void finishesOpenStreamsBeforeItStops() throws Exception {
    try (EncoderProcess service = new EncoderProcess(DemoRepository.export())) {
      assertThat(service.isReady()).isTrue();
      PictureCall open = call(service).upload(examplePicture());
      EncodedLayout layout = open.layout();

      service.stop();

      while (health(service) != ServingStatus.NOT_SERVING) {
        Thread.onSpinWait();
      }
      assertThat(service.isReady()).isFalse();
      assertThat(refusal(service).getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(open.allTokens(layout)).hasSize(layout.getTokenCount() * layout.getHiddenSize());
      assertThat(service.awaitExit()).as(service.output()).isZero();
    }
  }

  @Test
  void doesNotStartWithoutModels() throws Exception {
    Process process = EncoderProcess.start(Path.of("target", "no-such-repository"));
    try (BufferedReader lines = EncoderProcess.lines(process)) {
      String output = lines.lines().collect(Collectors.joining("\n"));

      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(output).isNotZero();
      assertThat(output).contains("no-such-repository is not a folder");
    } finally {
      process.destroyForcibly();
    }
  }

  private static StatusRuntimeException refusal(EncoderProcess service) throws Exception {
    return call(service).awaitFailure();
  }

  private static ServingStatus health(EncoderProcess service) {
    return HealthGrpc.newBlockingStub(service.channel())
        .withDeadlineAfter(30, TimeUnit.SECONDS)
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }

  private static PictureCall call(EncoderProcess service) {
    return new PictureCall(
        VisionEncoderGrpc.newStub(service.channel()).withDeadlineAfter(60, TimeUnit.SECONDS));
  }

  private static byte[] examplePicture() throws Exception {
    return Files.readAllBytes(DemoRepository.DEMO.resolve("pictures/ex00.png"));
  }
}
