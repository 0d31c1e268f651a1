package io.winnow.encoder.grpc;

import io.winnow.runtime.EncodedPicture;
import io.winnow.v1.EncodeResponse;
import io.winnow.v1.TokenBlock;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** Selected tokens as messages of whole rows; each is made when it is asked for. */
final class TokenBlocks implements Iterator<EncodeResponse> {

  static final int MAX_BLOCK_BYTES = 256 << 10;

  private final EncodedPicture picture;
  private final int[] selected; // [selected tokens]
  private final int rowsPerBlock;
  private int next;

  TokenBlocks(EncodedPicture picture, int[] selected) {
    this.picture = picture;
    this.selected = selected;
    this.rowsPerBlock = MAX_BLOCK_BYTES / (Float.BYTES * picture.hiddenSize());
  }

  @Override
  public boolean hasNext() {
    return next < selected.length;
  }

  @Override
  public EncodeResponse next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    int first = next;
    next = Math.min(first + rowsPerBlock, selected.length);
    return EncodeResponse.newBuilder()
        .setBlock(
            TokenBlock.newBuilder()
                .setFirst(first)
                .addTensors(
                    EncodeMessages.tensor(
                        "visual_tokens",
                        rows(first, next),
                        (long) next - first,
                        picture.hiddenSize())))
        .build();
  }

  private ByteBuffer rows(int first, int end) {
    int hidden = picture.hiddenSize();
    ByteBuffer bytes = EncodeMessages.littleEndian((end - first) * hidden); // [rows, hidden]
    FloatBuffer rows = bytes.asFloatBuffer();
    for (int row = first; row < end; row++) {
      rows.put(picture.visualTokens().slice(selected[row] * hidden, hidden));
    }
    return bytes;
  }
}
