package io.winnow.pruner.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.platform.Fp16Conversions;
import org.junit.jupiter.api.Test;

class HalfFloatTest {

  @Test
  void everyHalfIsTheFloatThatOnnxRuntimeMakesOfIt() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float expected = Fp16Conversions.fp16ToFloat((short) bits);
      float value = HalfFloat.toFloat((short) bits);
      assertThat(Float.floatToIntBits(value))
          .as("%04x", bits)
          .isEqualTo(Float.floatToIntBits(expected));
    }
  }
}
