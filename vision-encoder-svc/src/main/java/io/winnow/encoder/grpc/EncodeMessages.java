package io.winnow.encoder.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.winnow.encoder.pictures.EncodeDurations;
import io.winnow.encoder.pictures.EncodeOutcome.Encoded;
import io.winnow.encoder.pictures.EncoderFailure.Reason;
import io.winnow.encoder.pictures.PictureKey;
import io.winnow.encoder.pictures.PictureTokens;
import io.winnow.encoder.pictures.RefusedException;
import io.winnow.v1.DataType;
import io.winnow.v1.EncodeBegin;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.EncodeTimings;
import io.winnow.v1.EncodedLayout;
import io.winnow.v1.NamedTensor;
import io.winnow.v1.PictureChunk;
import io.winnow.v1.Tensor;
import io.winnow.v1.Tile;
import io.winnow.v1.TokenSelection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** Translates between the wire and pictures. */
final class EncodeMessages {

  private static final int MAX_CHUNK_BYTES = 256 << 10;

  private EncodeMessages() {}

  /** Checks what names the picture; whether its model exists is for others to say. */
  static PictureKey key(EncodeBegin begin) throws RefusedException {
    require(!begin.getModel().isEmpty(), "model is empty");
    require(
        begin.getContentSha256().size() == PictureKey.SHA256_BYTES,
        "content_sha256 has " + begin.getContentSha256().size() + " bytes, a SHA-256 has 32");
    require(begin.getContentLength() > 0, "content_length is " + begin.getContentLength());
    require(begin.getText().isEmpty(), "text is given, but this model's encoder reads none");
    return PictureKey.of(begin.getModel(), begin.getContentSha256().toByteArray());
  }

  /** The bytes of a chunk that has an allowed size. */
  static ByteBuffer bytes(PictureChunk chunk) throws RefusedException {
    int size = chunk.getData().size();
    if (size < 1 || size > MAX_CHUNK_BYTES) {
      throw new RefusedException(
          Reason.PROTOCOL_VIOLATION,
          "a chunk has 1 to %d bytes, this one has %d".formatted(MAX_CHUNK_BYTES, size));
    }
    return chunk.getData().asReadOnlyByteBuffer();
  }

  /** Numbers of the selected tokens, in order, of so many that there are. */
  static int[] selected(TokenSelection selection, int tokens) throws RefusedException {
    return switch (selection.getKindCase()) {
      case ALL -> {
        require(selection.getAll(), "selection.all is false");
        yield IntStream.range(0, tokens).toArray();
      }
      case INDICES -> ascending(selection.getIndices().getIndexList(), tokens);
      case KIND_NOT_SET -> throw invalid("the fetch selects nothing, not even no tokens");
    };
  }

  static EncodeResponse layout(Encoded encoded) {
    PictureTokens tokens = encoded.tokens();
    float[] saliency = tokens.encoded().saliency(); // [tokens]
    ByteBuffer bytes = littleEndian(saliency.length);
    bytes.asFloatBuffer().put(saliency);
    return EncodeResponse.newBuilder()
        .setLayout(
            EncodedLayout.newBuilder()
                .setTokenCount(saliency.length)
                .setHiddenSize(tokens.encoded().hiddenSize())
                .addTiles(Tile.newBuilder().setRows(tokens.rows()).setColumns(tokens.columns()))
                .setPictureWidth(tokens.pictureWidth())
                .setPictureHeight(tokens.pictureHeight())
                .addTensors(tensor("saliency", bytes, saliency.length))
                .setCacheHit(encoded.cacheHit())
                .setTimings(timings(encoded.durations())))
        .build();
  }

  /** A tensor of floats; takes the bytes over. */
  static NamedTensor tensor(String name, ByteBuffer floats, long... shape) {
    ByteString data = UnsafeByteOperations.unsafeWrap(floats.array());
    Tensor.Builder tensor = Tensor.newBuilder().setDataType(DataType.DATA_TYPE_FP32).setData(data);
    for (long size : shape) {
      tensor.addShape(size);
    }
    return NamedTensor.newBuilder().setName(name).setTensor(tensor).build();
  }

  /** Room for so many floats as they go over the wire. */
  static ByteBuffer littleEndian(int floats) {
    return ByteBuffer.allocate(floats * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int[] ascending(List<Integer> indices, int tokens) throws RefusedException {
    int[] selected = new int[indices.size()];
    int previous = -1;
    for (int i = 0; i < selected.length; i++) {
      selected[i] = indices.get(i);
      if (selected[i] <= previous || selected[i] >= tokens) {
        throw invalid(
            "selection.indices must ascend within [0, %d), at place %d there is %d after %d"
                .formatted(tokens, i, selected[i], previous));
      }
      previous = selected[i];
    }
    return selected;
  }

  private static EncodeTimings timings(EncodeDurations durations) {
    return EncodeTimings.newBuilder()
        .setQueueMicros(micros(durations.queue()))
        .setPreprocessMicros(micros(durations.preprocess()))
        .setEncodeMicros(micros(durations.encode()))
        .setDecodeMicros(micros(durations.decode()))
        .build();
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1000;
  }

  private static void require(boolean condition, String problem) throws RefusedException {
    if (!condition) {
      throw invalid(problem);
    }
  }

  private static RefusedException invalid(String problem) {
    return new RefusedException(Reason.INVALID_REQUEST, problem);
  }
}
