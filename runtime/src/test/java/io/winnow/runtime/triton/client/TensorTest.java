package io.winnow.runtime.triton.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TensorTest {

  @Test
  void laysOutEveryTypeInLittleEndian() {
    assertThat(raw(Tensor.bools(new boolean[] {true, false}, 2))).isEqualTo("0100");
    assertThat(raw(Tensor.ints(TensorType.UINT8, new int[] {255}, 1))).isEqualTo("ff");
    assertThat(raw(Tensor.ints(TensorType.INT8, new int[] {-2}, 1))).isEqualTo("fe");
    assertThat(raw(Tensor.ints(TensorType.UINT16, new int[] {0x1234}, 1))).isEqualTo("3412");
    assertThat(raw(Tensor.ints(TensorType.INT16, new int[] {-2}, 1))).isEqualTo("feff");
    assertThat(raw(Tensor.longs(TensorType.UINT32, new long[] {0x89abcdefL}, 1)))
        .isEqualTo("efcdab89");
    assertThat(raw(Tensor.int32(new int[] {1, 2}, 2))).isEqualTo("0100000002000000");
    assertThat(raw(Tensor.int64(new long[] {1}, 1))).isEqualTo("0100000000000000");
    assertThat(raw(Tensor.longs(TensorType.UINT64, new long[] {-1}, 1))).isEqualTo("f".repeat(16));
    assertThat(raw(Tensor.fp32(new float[] {1}, 1))).isEqualTo("0000803f");
    assertThat(raw(Tensor.doubles(new double[] {1}, 1))).isEqualTo("000000000000f03f");
    assertThat(raw(Tensor.floats(TensorType.FP16, new float[] {1, -2}, 2))).isEqualTo("003c00c0");
    assertThat(raw(Tensor.floats(TensorType.BF16, new float[] {1, -2}, 2))).isEqualTo("803f00c0");
    assertThat(raw(Tensor.strings(List.of("ab", "", "ü"), 3)))
        .isEqualTo("02000000" + "6162" + "00000000" + "02000000" + "c3bc");
  }

  @Test
  void readsBackWhatItLaidOut() {
    assertThat(Tensor.ints(TensorType.UINT8, new int[] {0, 255}, 2).toInts())
        .containsExactly(0, 255);
    assertThat(Tensor.ints(TensorType.INT16, new int[] {-5}, 1).toLongs()).containsExactly(-5);
    assertThat(Tensor.longs(TensorType.UINT32, new long[] {0xffff_ffffL}, 1).toLongs())
        .containsExactly(0xffff_ffffL);
    assertThat(Tensor.bools(new boolean[] {true, false}, 2).toBools()).containsExactly(true, false);
    assertThat(Tensor.doubles(new double[] {Math.PI}, 1).toDoubles()).containsExactly(Math.PI);
    assertThat(Tensor.floats(TensorType.BF16, new float[] {1.5f}, 1).toDoubles())
        .containsExactly(1.5);
    assertThat(Tensor.bytes(List.of(new byte[] {0, -1}), 1).toByteStrings().get(0))
        .containsExactly(0, -1);
  }

  @Test
  void convertsFp16AtItsEdges() {
    float[] values = {
      65504,
      65520,
      65519.996f,
      0x1p-24f,
      0x1p-25f,
      0x1.8p-25f,
      0x1p-14f,
      0x1.ffcp-15f,
      0x1.ff8p-15f,
      -0f,
      Float.NEGATIVE_INFINITY,
      1.00048828125f,
      1.001f
    };
    // By numpy.float16.
    String[] bits = {
      "7bff", "7c00", "7bff", "0001", "0000", "0001", "0400", "0400", "03ff", "8000", "fc00",
      "3c00", "3c01"
    };
    for (int i = 0; i < values.length; i++) {
      assertThat(String.format("%04x", HalfFloats.toFp16(values[i]) & 0xffff))
          .as("%s", values[i])
          .isEqualTo(bits[i]);
    }
    assertThat(HalfFloats.fromFp16(HalfFloats.toFp16(Float.NaN))).isNaN();
    assertThat(HalfFloats.fromBf16(HalfFloats.toBf16(Float.NaN))).isNaN();
  }

  @Test
  void keepsEveryFp16ThroughAFloat() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = HalfFloats.fromFp16((short) bits);
      if (!Float.isNaN(value)) {
        assertThat(HalfFloats.toFp16(value) & 0xffff).isEqualTo(bits);
      }
    }
  }

  @Property
  void roundsToTheNearestHalf(@ForAll float value) {
    short fp16 = HalfFloats.toFp16(value);
    if (Math.abs(value) < 65504) {
      assertNearest(value, HalfFloats.fromFp16(fp16), HalfFloats::fromFp16, fp16);
    }
    short bf16 = HalfFloats.toBf16(value);
    if (Float.isFinite(HalfFloats.fromBf16(bf16))) {
      assertNearest(value, HalfFloats.fromBf16(bf16), HalfFloats::fromBf16, bf16);
    }
  }

  /** The two neighbours of a correctly rounded value are not nearer. */
  private static void assertNearest(float value, float chosen, Decoder decoder, short bits) {
    double distance = Math.abs((double) value - chosen);
    for (int step : new int[] {-1, 1}) {
      float neighbour = decoder.decode((short) (bits + step));
      if (Float.isFinite(neighbour)) {
        assertThat(Math.abs((double) value - neighbour)).isGreaterThanOrEqualTo(distance);
      }
    }
  }

  private interface Decoder {
    float decode(short bits);
  }

  @Property
  void carriesAnyByteStrings(@ForAll List<byte[]> values) {
    Tensor tensor = Tensor.bytes(values, values.size());
    assertThat(tensor.toByteStrings()).hasSameSizeAs(values);
    for (int i = 0; i < values.size(); i++) {
      assertThat(tensor.toByteStrings().get(i)).isEqualTo(values.get(i));
    }
  }

  @Test
  void refusesWhatDoesNotFitItsShapeOrType() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.fp32(new float[] {1, 2}, 3))
        .withMessageContaining("[3] needs 12 bytes, there are 8");
    assertThatIllegalArgumentException().isThrownBy(() -> Tensor.fp32(new float[0], -1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.ints(TensorType.UINT8, new int[] {256}, 1))
        .withMessageContaining("256 is not within 0 and 255");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.ints(TensorType.FP32, new int[] {1}, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> Tensor.strings(List.of("a"), 2));
    assertThatIllegalStateException()
        .isThrownBy(() -> Tensor.int32(new int[] {1}, 1).toFloats())
        .withMessageContaining("INT32[1] does not hold floats");
    assertThatIllegalStateException()
        .isThrownBy(() -> Tensor.longs(TensorType.UINT32, new long[] {1}, 1).toInts());
  }

  @Test
  void refusesByteStringsThatAreCutOff() {
    ByteBuffer cut = ByteBuffer.wrap(new byte[] {5, 0, 0, 0, 'a'});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.of(TensorType.BYTES, cut, 1).toByteStrings())
        .withMessageContaining("cut off");
    ByteBuffer fewer = ByteBuffer.wrap(new byte[] {0, 0, 0, 0});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.of(TensorType.BYTES, fewer, 2).toByteStrings())
        .withMessageContaining("1 elements");
  }

  @Test
  void readsAViewFromItsPosition() {
    ByteBuffer bytes = ByteBuffer.wrap("xabcdefgh".getBytes(StandardCharsets.US_ASCII)).position(1);
    assertThat(raw(Tensor.of(TensorType.UINT8, bytes, 2, 4))).isEqualTo("6162636465666768");
  }

  private static String raw(Tensor tensor) {
    byte[] bytes = new byte[tensor.byteSize()];
    tensor.data().get(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
