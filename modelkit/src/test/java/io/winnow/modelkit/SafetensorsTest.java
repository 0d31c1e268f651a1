package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "0x3c00, 1",
    "0xc000, -2",
    "0x3555, 0.33325195",
    "0x7bff, 65504",
    "0x0001, 5.9604645e-8", // smallest
    "0x83ff, -6.0975552e-5", // largest below the normal numbers
    "0x8000, -0.0",
    "0x7c00, Infinity",
    "0x7e00, NaN"
  })
  void readsHalfPrecision(String bits, float value) throws IOException {
    write("F16", 1, shorts(Integer.decode(bits)));
    assertThat(read(1)).containsExactly(value);
  }

  @ParameterizedTest
  @CsvSource({"0x3f80, 1", "0xc049, -3.140625", "0xff80, -Infinity"})
  void readsBrainFloats(String bits, float value) throws IOException {
    write("BF16", 1, shorts(Integer.decode(bits)));
    assertThat(read(1)).containsExactly(value);
  }

  @Test
  void readsSinglePrecision() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    write("F32", 2, bytes.putFloat(1.5f).putFloat(-7).array());
    assertThat(read(2)).containsExactly(1.5f, -7);
  }

  @Test
  void transposesInBands() throws IOException {
    int out = 3;
    int in = 150;
    ByteBuffer bytes = ByteBuffer.allocate(out * in * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < out * in; i++) {
      bytes.putFloat(i);
    }
    file("model.safetensors", header("F32", "[3,150]", bytes.capacity()), bytes.array());
    Weight weight = new TransposedWeight(Safetensors.open(folder).get("t", out, in), 1);
    float[] written = new float[out * in];
    int[] place = {0};
    weight.writeTo(
        (values, count) -> {
          System.arraycopy(values, 0, written, place[0], count);
          place[0] += count;
        });
    assertThat(weight.shape()).containsExactly(in, out);
    for (int i = 0; i < in * out; i++) {
      assertThat(written[i]).isEqualTo(i % out * in + i / out);
    }
  }

  @Test
  void findsTensorsInTheShardsOfAnIndex() throws IOException {
    write("BF16", 1, shorts(0x3f80));
    Files.move(folder.resolve("model.safetensors"), folder.resolve("part-1.safetensors"));
    index("part-1.safetensors");
    assertThat(read(1)[0]).isEqualTo(1);
  }

  @Test
  void readsFilesThatNoIndexNames() throws IOException {
    write("BF16", 1, shorts(0x3f80));
    Files.move(folder.resolve("model.safetensors"), folder.resolve("model-1-of-1.safetensors"));
    assertThat(read(1)[0]).isEqualTo(1);
    Files.copy(folder.resolve("model-1-of-1.safetensors"), folder.resolve("copy.safetensors"));
    assertThatThrownBy(() -> Safetensors.open(folder))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("tensor t is in two files");
  }

  @Test
  void leavesTensorsOfOtherTypesAloneUntilTheyAreNeeded() throws IOException {
    String header =
        "{\"t\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[8,10]},"
            + "\"position_ids\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}";
    byte[] data = new byte[10];
    System.arraycopy(shorts(0x3f80), 0, data, 8, 2);
    file("model.safetensors", header, data);
    assertThat(read(1)[0]).isEqualTo(1);
    try (Safetensors tensors = Safetensors.open(folder)) {
      assertThatThrownBy(() -> tensors.get("position_ids", 1))
          .isInstanceOf(ExportException.class)
          .hasMessage("tensor position_ids has dtype I64, supported: F32, F16, BF16");
    }
  }

  @Test
  void saysHowToConvertPickledWeights() throws IOException {
    Files.writeString(folder.resolve("pytorch_model-00001-of-00002.bin"), "");
    assertThatThrownBy(() -> Safetensors.open(folder))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("pytorch_model*.bin")
        .hasMessageContaining("docs/checkpoints.md");
  }

  @Test
  void refusesShardsOutsideTheFolder() throws IOException {
    index("../part-1.safetensors");
    assertThatThrownBy(() -> Safetensors.open(folder))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("weight_map.t is \"../part-1.safetensors\"");
  }

  private void index(String file) throws IOException {
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"t\": \"" + file + "\"}}");
  }

  private float[] read(int count) throws IOException {
    float[] values = new float[count];
    try (Safetensors tensors = Safetensors.open(folder)) {
      tensors.get("t", count).read(0, values, count);
    }
    return values;
  }

  private void write(String type, int count, byte[] data) throws IOException {
    file("model.safetensors", header(type, "[" + count + "]", data.length), data);
  }

  private static String header(String type, String shape, int bytes) {
    return "{\"__metadata__\":{\"format\":\"pt\"},\"t\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[0,%d]}}"
        .formatted(type, shape, bytes);
  }

  private void file(String name, String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(folder.resolve(name), bytes.putLong(json.length).put(json).put(data).array());
  }

  private static byte[] shorts(int bits) {
    return new byte[] {(byte) bits, (byte) (bits >> 8)};
  }
}
