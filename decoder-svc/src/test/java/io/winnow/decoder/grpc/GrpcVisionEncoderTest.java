package io.winnow.decoder.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.generation.PeerCall;
import io.winnow.decoder.generation.VisionEncoderClient;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.v1.DataType;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.Tensor;
import io.winnow.v1.TokenBlock;
import io.winnow.v1.TokenSelection;
import io.winnow.v1.VisionEncoderGrpc;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GrpcVisionEncoderTest {

  private static final TokenSelection ALL = TokenSelection.newBuilder().setAll(true).build();

  private final Peer peer = new Peer();
  private final InProcess server = new InProcess(peer);
  private final GrpcVisionEncoder encoder = new GrpcVisionEncoder(() -> server.channel);
  private final Heard heard = new Heard();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void sendsThePictureInChunksUnderItsHash() throws Exception {
    byte[] picture = new byte[600_000];
    new Random(1).nextBytes(picture);
    encode(picture);

    var begin = peer.take().getBegin();
    assertThat(begin.getModel()).isEqualTo("demo");
    assertThat(begin.getContentLength()).isEqualTo(600_000);
    assertThat(begin.getContentSha256().toByteArray())
        .isEqualTo(MessageDigest.getInstance("SHA-256").digest(picture));
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    while (received.size() < picture.length) {
      ByteString data = peer.take().getChunk().getData();
      assertThat(data.size()).isBetween(1, 262_144);
      data.writeTo(received);
    }
    assertThat(received.toByteArray()).isEqualTo(picture);
  }

  @Test
  void waitsUntilTheEncoderTakesMoreOfThePicture() throws Exception {
    peer.greedy = false;
    encode(new byte[4 << 20]);
    peer.take();
    peer.reply.request(1);
    peer.take();

    assertThat(peer.received).isEmpty();
    peer.reply.request(1);
    assertThat(peer.take().hasChunk()).isTrue();
  }

  @Test
  void stopsSendingThePictureOnceTheLayoutIsThere() throws Exception {
    peer.greedy = false;
    VisionEncoderClient.Encoding encoding = encode(new byte[4 << 20]);
    peer.take();
    peer.layout(2, 2);
    heard.layout.get(30, TimeUnit.SECONDS);
    encoding.fetch(ALL, FloatBuffer.allocate(4), TraceContext.NONE);
    peer.reply.request(100);

    EncodeRequest next = peer.take();
    int chunks = 0;
    while (next.hasChunk()) {
      chunks++;
      next = peer.take();
    }
    assertThat(chunks).isLessThan(16);
    assertThat(next.getFetch().getSelection().getAll()).isTrue();
    peer.halfClosed.get(30, TimeUnit.SECONDS);
  }

  @Test
  void putsTheBlocksIntoTheTarget() throws Exception {
    FloatBuffer target = FloatBuffer.allocate(6);
    fetch(3, 2, target);
    peer.block(0, 2, 1, 2, 3, 4);
    peer.block(2, 2, 5, 6);
    peer.reply.onCompleted();

    heard.fetched.get(30, TimeUnit.SECONDS);
    assertThat(target.array()).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void takesOneBlockAtATime() throws Exception {
    FloatBuffer target = FloatBuffer.allocate(200);
    fetch(100, 2, target);
    for (int i = 0; i < 100; i++) {
      peer.awaitReady();
      peer.block(i, 2, i, i);
    }
    peer.reply.onCompleted();

    heard.fetched.get(30, TimeUnit.SECONDS);
    assertThat(target.array()[199]).isEqualTo(99);
  }

  @Test
  void refusesAGapBetweenBlocks() throws Exception {
    fetch(3, 2, FloatBuffer.allocate(6));
    peer.block(1, 2, 1, 2);

    assertViolation("row 1 where row 0");
  }

  @Test
  void refusesRowsOfAnotherWidth() throws Exception {
    fetch(3, 2, FloatBuffer.allocate(6));
    peer.block(0, 3, 1, 2, 3);

    assertViolation("rows of 2");
  }

  @Test
  void refusesMoreRowsThanWereAskedFor() throws Exception {
    fetch(1, 2, FloatBuffer.allocate(2));
    peer.block(0, 2, 1, 2, 3, 4);

    assertViolation("2 numbers");
  }

  @Test
  void refusesAnEndBeforeTheLastRow() throws Exception {
    fetch(3, 2, FloatBuffer.allocate(6));
    peer.block(0, 2, 1, 2);
    peer.reply.onCompleted();

    assertViolation("end of the stream");
  }

  @Test
  void passesTheEncodersReasonOn() throws Exception {
    encode(new byte[] {1});
    peer.take();
    ChatFailure unreadable = ChatFailure.of(Reason.PICTURE_UNREADABLE, "not a picture");
    peer.reply.onError(FailureStatus.of(unreadable));

    assertThat(heard.failed()).isEqualTo(unreadable);
  }

  @Test
  void isUnavailableWithoutAnEncoder() throws Exception {
    server.stopServer();
    encode(new byte[] {1});

    assertThat(heard.failed().reason()).isEqualTo(Reason.UNAVAILABLE);
  }

  @Test
  void givesUpAtTheDeadline() throws Exception {
    encoder.encode("demo", new byte[] {1}, PeerCall.untraced(Duration.ofSeconds(1)), heard);
    peer.take(); // a call that ends before it begins is never heard of there

    assertThat(heard.failed().reason()).isEqualTo(Reason.TIMEOUT);
    peer.gone.get(30, TimeUnit.SECONDS);
  }

  @Test
  void cancelsTheStream() throws Exception {
    VisionEncoderClient.Encoding encoding = encode(new byte[] {1});
    peer.take();
    encoding.cancel();
    encoding.cancel();
    encoding.fetch(ALL, FloatBuffer.allocate(2), TraceContext.NONE);

    peer.gone.get(30, TimeUnit.SECONDS);
    assertThat(heard.failure).isNotDone();
  }

  private VisionEncoderClient.Encoding encode(byte[] picture) {
    return encoder.encode("demo", picture, PeerCall.untraced(Duration.ofSeconds(60)), heard);
  }

  private void fetch(int tokens, int hidden, FloatBuffer target) throws Exception {
    VisionEncoderClient.Encoding encoding = encode(new byte[] {1});
    peer.take();
    peer.take();
    peer.layout(tokens, hidden);
    assertThat(heard.layout.get(30, TimeUnit.SECONDS).getTokenCount()).isEqualTo(tokens);
    encoding.fetch(ALL, target, TraceContext.NONE);
    peer.take();
  }

  private void assertViolation(String what) throws Exception {
    assertThat(heard.failed().reason()).isEqualTo(Reason.INTERNAL);
    assertThat(heard.failed().message()).contains("vision-encoder-svc", what);
    assertThat(heard.fetched).isNotDone();
  }

  /** What the listener heard. */
  private static final class Heard implements VisionEncoderClient.Listener {

    private final CompletableFuture<EncodedLayout> layout = new CompletableFuture<>();
    private final CompletableFuture<Void> fetched = new CompletableFuture<>();
    private final CompletableFuture<ChatFailure> failure = new CompletableFuture<>();

    ChatFailure failed() throws Exception {
      return failure.get(30, TimeUnit.SECONDS);
    }

    @Override
    public void onLayout(EncodedLayout received) {
      layout.complete(received);
    }

    @Override
    public void onFetched(long bytes, int blocks) {
      fetched.complete(null);
    }

    @Override
    public void onFailed(ChatFailure failed) {
      failure.complete(failed);
    }
  }

  /** An encoder whose replies the test gives. */
  private static final class Peer extends VisionEncoderGrpc.VisionEncoderImplBase {

    private final BlockingQueue<EncodeRequest> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> ready = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private final CompletableFuture<Void> halfClosed = new CompletableFuture<>();
    private volatile boolean greedy = true;
    private volatile ServerCallStreamObserver<EncodeResponse> reply;

    EncodeRequest take() throws InterruptedException {
      EncodeRequest request = received.poll(30, TimeUnit.SECONDS);
      assertThat(request).isNotNull();
      return request;
    }

    void awaitReady() throws InterruptedException {
      while (!reply.isReady()) {
        assertThat(ready.poll(30, TimeUnit.SECONDS)).isNotNull();
      }
    }

    void layout(int tokens, int hidden) {
      reply.onNext(
          EncodeResponse.newBuilder()
              .setLayout(EncodedLayout.newBuilder().setTokenCount(tokens).setHiddenSize(hidden))
              .build());
    }

    void block(int first, int hidden, float... values) {
      ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
      data.asFloatBuffer().put(values);
      Tensor tensor =
          Tensor.newBuilder()
              .setDataType(DataType.DATA_TYPE_FP32)
              .addShape(values.length / hidden)
              .addShape(hidden)
              .setData(ByteString.copyFrom(data))
              .build();
      reply.onNext(
          EncodeResponse.newBuilder()
              .setBlock(
                  TokenBlock.newBuilder()
                      .setFirst(first)
                      .addTensors(
                          NamedTensor.newBuilder().setName("visual_tokens").setTensor(tensor)))
              .build());
    }

    @Override
    public StreamObserver<EncodeRequest> encode(StreamObserver<EncodeResponse> observer) {
      reply = (ServerCallStreamObserver<EncodeResponse>) observer;
      reply.setOnCancelHandler(() -> gone.complete(null));
      reply.setOnReadyHandler(() -> ready.add(true));
      if (!greedy) {
        reply.disableAutoRequest();
        reply.request(1);
      }
      return new StreamObserver<>() {
        @Override
        public void onNext(EncodeRequest request) {
          received.add(request);
        }

        @Override
        public void onError(Throwable thrown) {
          gone.complete(null);
        }

        @Override
        public void onCompleted() {
          halfClosed.complete(null);
        }
      };
    }
  }
}
