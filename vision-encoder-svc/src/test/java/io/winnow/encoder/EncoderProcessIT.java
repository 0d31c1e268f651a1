package io.winnow.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.winnow.v1.EncodeBegin;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.Fetch;
import io.winnow.v1.PictureChunk;
import io.winnow.v1.TokenSelection;
import io.winnow.v1.VisionEncoderGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The built service as a process of its own. */
@DisabledOnOs(OS.WINDOWS)
class EncoderProcessIT {

  private static final int STREAMS = 60;
  private static final int PATIENCE_SECONDS = 120; // its start included

  @Test
  void answersWhatItAcceptedWhenItIsToldToStop(@TempDir Path folder) throws Exception {
    int port = freePort();
    Process process = start(folder, port);
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    try {
      byte[] picture = Files.readAllBytes(DemoRepository.DEMO.resolve("pictures/ex00.png"));
      assertThat(Encoding.of(channel, picture).end().getCode()).isEqualTo(Status.Code.OK);

      List<Encoding> encodings = new ArrayList<>();
      for (int i = 1; i <= STREAMS; i++) {
        encodings.add(Encoding.of(channel, another(picture, i)));
      }
      // The last one's layout is on its way when the first one's is here.
      encodings.get(0).awaitLayout();
      process.destroy();

      for (Encoding encoding : encodings) {
        assertThat(encoding.end().getCode()).isIn(Status.Code.OK, Status.Code.UNAVAILABLE);
      }
      assertThat(encodings.get(0).end().getCode()).isEqualTo(Status.Code.OK);
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(crashReports(folder)).isEmpty();
    } finally {
      channel.shutdownNow();
      process.destroyForcibly();
    }
  }

  /** The same picture in another file: what follows a PNG's end is not looked at. */
  private static byte[] another(byte[] picture, int number) {
    byte[] file = Arrays.copyOf(picture, picture.length + 1);
    file[picture.length] = (byte) number;
    return file;
  }

  private static Process start(Path folder, int port) throws IOException {
    Path application = Path.of("target", "quarkus-app", "quarkus-run.jar").toAbsolutePath();
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-Dwinnow.models=" + DemoRepository.export(),
            "-Dquarkus.grpc.server.port=" + port,
            "-Dquarkus.http.port=0",
            "-jar",
            application.toString())
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log").toFile())
        .start();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static List<Path> crashReports(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().startsWith("hs_err")).toList();
    }
  }

  /** One stream that uploads, fetches everything and reads to the end. */
  private static final class Encoding implements StreamObserver<EncodeResponse> {

    private final CountDownLatch layout = new CountDownLatch(1);
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private final CompletableFuture<StreamObserver<EncodeRequest>> encoder =
        new CompletableFuture<>();

    static Encoding of(ManagedChannel channel, byte[] file) throws Exception {
      Encoding encoding = new Encoding();
      StreamObserver<EncodeRequest> encoder =
          VisionEncoderGrpc.newStub(channel)
              .withWaitForReady()
              .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
              .encode(encoding);
      encoder.onNext(
          EncodeRequest.newBuilder()
              .setBegin(
                  EncodeBegin.newBuilder()
                      .setModel("demo")
                      .setContentSha256(
                          ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(file)))
                      .setContentLength(file.length))
              .build());
      encoder.onNext(
          EncodeRequest.newBuilder()
              .setChunk(PictureChunk.newBuilder().setData(ByteString.copyFrom(file)))
              .build());
      encoding.encoder.complete(encoder);
      return encoding;
    }

    void awaitLayout() throws InterruptedException {
      assertThat(layout.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    Status end() throws Exception {
      return end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(EncodeResponse response) {
      if (response.hasLayout()) {
        layout.countDown();
        encoder.thenAccept(Encoding::fetchAll);
      }
    }

    private static void fetchAll(StreamObserver<EncodeRequest> encoder) {
      TokenSelection all = TokenSelection.newBuilder().setAll(true).build();
      encoder.onNext(
          EncodeRequest.newBuilder().setFetch(Fetch.newBuilder().setSelection(all)).build());
      encoder.onCompleted();
    }

    @Override
    public void onError(Throwable cause) {
      end.complete(Status.fromThrowable(cause));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }
}
