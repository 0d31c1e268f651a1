package io.winnow.decoder.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.generation.VisionEncoderClient;
import io.winnow.decoder.telemetry.TraceContext;
import io.winnow.v1.DataType;
import io.winnow.v1.EncodeBegin;
import io.winnow.v1.EncodeRequest;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.Fetch;
import io.winnow.v1.PictureChunk;
import io.winnow.v1.Tensor;
import io.winnow.v1.TokenBlock;
import io.winnow.v1.TokenSelection;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * One Encode stream. Sends the picture only as fast as the encoder takes it, and stops when the
 * layout comes first; takes one message at a time, so no more than one block waits here.
 * Synchronized: gRPC's thread and the caller's meet here; the listener is called outside.
 */
final class EncodeCall
    implements VisionEncoderClient.Encoding, ClientResponseObserver<EncodeRequest, EncodeResponse> {

  static final String SERVICE = "vision-encoder-svc";
  private static final int CHUNK_BYTES = 256 << 10;

  private final String model;
  private final VisionEncoderClient.Listener listener;
  private final EncodeBegin begin;
  private final Object lock = new Object();
  private byte @Nullable [] content; // null once nothing of it is to be sent
  private boolean begun;
  private int sent;
  private @Nullable ClientCallStreamObserver<EncodeRequest> call;
  private @Nullable EncodedLayout layout;
  private @Nullable FloatBuffer target; // [selected, hidden]
  private int rows;
  private long receivedBytes;
  private int blocks;
  private boolean ended;

  EncodeCall(String model, byte[] content, VisionEncoderClient.Listener listener) {
    this.model = model;
    this.content = content;
    this.listener = listener;
    this.begin =
        EncodeBegin.newBuilder()
            .setModel(model)
            .setContentSha256(ByteString.copyFrom(sha256(content)))
            .setContentLength(content.length)
            .build();
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<EncodeRequest> stream) {
    call = stream;
    stream.disableAutoRequestWithInitial(1);
    stream.setOnReadyHandler(this::upload);
  }

  /** Sends the first message; once, right after the call was started. */
  void start() {
    synchronized (lock) {
      if (call != null && !ended) {
        call.onNext(EncodeRequest.newBuilder().setBegin(begin).build());
        begun = true; // the call may be ready before
      }
    }
    upload();
  }

  private void upload() {
    synchronized (lock) {
      while (call != null && begun && content != null && !ended && call.isReady()) {
        int length = Math.min(CHUNK_BYTES, content.length - sent);
        ByteString data = UnsafeByteOperations.unsafeWrap(content, sent, length);
        call.onNext(
            EncodeRequest.newBuilder().setChunk(PictureChunk.newBuilder().setData(data)).build());
        sent += length;
        if (sent == content.length) {
          content = null;
        }
      }
    }
  }

  @Override
  public void fetch(TokenSelection selection, FloatBuffer into, TraceContext trace) {
    synchronized (lock) {
      if (call == null || ended) {
        return;
      }
      target = into;
      Fetch.Builder fetch =
          Fetch.newBuilder().setSelection(selection).setTraceparent(trace.traceparent());
      call.onNext(EncodeRequest.newBuilder().setFetch(fetch).build());
      call.onCompleted();
      call.request(1);
    }
  }

  @Override
  public void cancel() {
    end("the answer was given up");
  }

  @Override
  public void onNext(EncodeResponse response) {
    switch (response.getStepCase()) {
      case LAYOUT -> takeLayout(response.getLayout());
      case BLOCK -> takeBlock(response.getBlock());
      case STEP_NOT_SET -> violated("a message without a step");
    }
  }

  private void takeLayout(EncodedLayout received) {
    synchronized (lock) {
      if (ended || layout != null) {
        return;
      }
      layout = received;
      content = null;
    }
    listener.onLayout(received);
  }

  private void takeBlock(TokenBlock block) {
    String problem;
    synchronized (lock) {
      if (ended) {
        return;
      }
      problem = copy(block);
      if (problem == null && call != null) {
        call.request(1);
      }
    }
    if (problem != null) {
      violated(problem);
    }
  }

  /** Copies the block's rows to their place; says what is wrong with it, or null. */
  private @Nullable String copy(TokenBlock block) {
    if (target == null || layout == null) {
      return "a block before anything was fetched";
    }
    if (block.getFirst() != rows) {
      return "a block for row " + block.getFirst() + " where row " + rows + " belongs";
    }
    if (block.getTensorsCount() != 1 || !block.getTensors(0).getName().equals("visual_tokens")) {
      return "a block that is not one tensor \"visual_tokens\"";
    }
    Tensor tensor = block.getTensors(0).getTensor(); // [rows of the block, hidden]
    boolean fits =
        tensor.getDataType() == DataType.DATA_TYPE_FP32
            && tensor.getShapeCount() == 2
            && tensor.getShape(0) >= 0
            && tensor.getShape(1) == layout.getHiddenSize()
            && tensor.getData().size()
                == Math.multiplyExact(tensor.getShape(0), tensor.getShape(1) * Float.BYTES)
            && tensor.getData().size() <= (long) target.remaining() * Float.BYTES;
    if (!fits) {
      return "a block of %s %s with %d bytes where %d numbers of rows of %d are due"
          .formatted(
              tensor.getDataType(),
              tensor.getShapeList(),
              tensor.getData().size(),
              target.remaining(),
              layout.getHiddenSize());
    }
    target.put(
        tensor.getData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
    rows += (int) tensor.getShape(0);
    receivedBytes += tensor.getData().size();
    blocks++;
    return null;
  }

  @Override
  public void onError(Throwable thrown) {
    synchronized (lock) {
      if (ended) {
        return;
      }
      ended = true;
      content = null;
    }
    listener.onFailed(FailureStatus.failure(SERVICE, thrown));
  }

  @Override
  public void onCompleted() {
    boolean complete;
    synchronized (lock) {
      if (ended) {
        return;
      }
      complete = target != null && !target.hasRemaining();
      ended = complete;
    }
    if (complete) {
      listener.onFetched(receivedBytes, blocks);
    } else {
      violated("the end of the stream before all tokens");
    }
  }

  private void violated(String what) {
    if (end("the encoder broke the protocol")) {
      String message = SERVICE + " broke the protocol for model \"" + model + "\": it sent " + what;
      listener.onFailed(ChatFailure.of(Reason.INTERNAL, message));
    }
  }

  /** Cancels the call; tells whether it was open. */
  private boolean end(String why) {
    synchronized (lock) {
      if (ended) {
        return false;
      }
      ended = true;
      content = null;
      if (call != null) {
        call.cancel(why, null);
      }
      return true;
    }
  }

  private static byte[] sha256(byte[] content) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
