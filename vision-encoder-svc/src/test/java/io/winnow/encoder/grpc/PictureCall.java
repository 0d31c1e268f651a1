package io.winnow.encoder.grpc;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.winnow.v1.EncodeBegin;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.Fetch;
import io.winnow.v1.PictureChunk;
import io.winnow.v1.TokenIndices;
import io.winnow.v1.TokenSelection;
import io.winnow.v1.VisionEncoderGrpc.VisionEncoderStub;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The client's side of one Encode stream; asks for messages only when a test wants one. */
public final class PictureCall implements ClientResponseObserver<EncodeRequest, EncodeResponse> {

  private static final int PATIENCE_SECONDS = 30;

  private final BlockingQueue<EncodeResponse> messages = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final CountDownLatch something = new CountDownLatch(1);
  private ClientCallStreamObserver<EncodeRequest> encoder;

  public PictureCall(VisionEncoderStub stub) {
    stub.encode(this);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<EncodeRequest> stream) {
    encoder = stream;
    stream.disableAutoRequestWithInitial(0);
  }

  @Override
  public void onNext(EncodeResponse message) {
    messages.add(message);
    something.countDown();
  }

  @Override
  public void onError(Throwable cause) {
    end.completeExceptionally(cause);
    something.countDown();
  }

  @Override
  public void onCompleted() {
    end.complete(null);
    something.countDown();
  }

  public PictureCall send(EncodeRequest request) {
    encoder.onNext(request);
    return this;
  }

  public PictureCall begin(byte[] file) {
    return send(request(beginning(file)));
  }

  public PictureCall chunk(byte[] bytes) {
    return send(chunkOf(bytes));
  }

  /** Begins and uploads a small file. */
  public PictureCall upload(byte[] file) {
    return begin(file).chunk(file);
  }

  public PictureCall upload(String file) {
    return upload(file.getBytes(StandardCharsets.UTF_8));
  }

  public PictureCall fetchAll() {
    return send(fetch(TokenSelection.newBuilder().setAll(true)));
  }

  public PictureCall fetch(Integer... indices) {
    TokenIndices list = TokenIndices.newBuilder().addAllIndex(List.of(indices)).build();
    return send(fetch(TokenSelection.newBuilder().setIndices(list)));
  }

  public void halfClose() {
    encoder.onCompleted();
  }

  public void cancel() {
    encoder.cancel("the test has seen enough", null);
  }

  /** Lets the encoder send so many messages. */
  void ask(int count) {
    encoder.request(count);
  }

  /** Messages that came and were not taken. */
  int pending() {
    return messages.size();
  }

  boolean hasEnded() {
    return end.isDone();
  }

  public EncodedLayout layout() throws InterruptedException {
    return next().getLayout();
  }

  /** Waits for the first message, which is left to be taken, or the end; tells which came. */
  public boolean answers() throws InterruptedException {
    ask(1);
    if (!something.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("nothing came");
    }
    return !messages.isEmpty();
  }

  EncodeResponse next() throws InterruptedException {
    ask(1);
    EncodeResponse message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no message came; the call's end: " + end);
    }
    return message;
  }

  /** Fetches everything and reads to the end. [tokens, hidden] */
  public float[] allTokens(EncodedLayout layout) throws Exception {
    fetchAll().halfClose();
    ask(1000);
    awaitCompletion();
    float[] tokens = new float[layout.getTokenCount() * layout.getHiddenSize()];
    int at = 0;
    for (EncodeResponse message : messages) {
      FloatBuffer block = floats(message.getBlock().getTensors(0).getTensor().getData());
      int length = block.remaining();
      block.get(tokens, at, length);
      at += length;
    }
    messages.clear();
    if (at != tokens.length) {
      throw new AssertionError(at + " numbers came instead of " + tokens.length);
    }
    return tokens;
  }

  void awaitCompletion() throws Exception {
    end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Waits for the failure of the call; a normal end is an assertion error. */
  public StatusRuntimeException awaitFailure() throws Exception {
    ask(1);
    try {
      end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return (StatusRuntimeException) e.getCause();
    }
    throw new AssertionError("the call completed");
  }

  static FloatBuffer floats(ByteString data) {
    return data.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  static EncodeBegin.Builder beginning(byte[] file) {
    return EncodeBegin.newBuilder()
        .setModel("demo")
        .setContentSha256(sha256(file))
        .setContentLength(file.length);
  }

  static EncodeRequest request(EncodeBegin.Builder begin) {
    return EncodeRequest.newBuilder().setBegin(begin).build();
  }

  static EncodeRequest chunkOf(byte[] bytes) {
    return EncodeRequest.newBuilder()
        .setChunk(PictureChunk.newBuilder().setData(ByteString.copyFrom(bytes)))
        .build();
  }

  static EncodeRequest fetch(TokenSelection.Builder selection) {
    return EncodeRequest.newBuilder().setFetch(Fetch.newBuilder().setSelection(selection)).build();
  }

  private static ByteString sha256(byte[] file) {
    try {
      return ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(file));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
