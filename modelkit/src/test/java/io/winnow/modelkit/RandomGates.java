package io.winnow.modelkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Puts exit gates with random weights into a checkpoint, and computes what they must say. */
final class RandomGates {

  private static final int HIDDEN = 5;

  private final int statusWidth;
  private final Map<String, float[]> weights = new HashMap<>();

  private RandomGates(int statusWidth) {
    this.statusWidth = statusWidth;
  }

  /** Gates that do not tell what they were trained with. */
  static RandomGates write(Path checkpoint, int statusWidth, List<Integer> layers)
      throws IOException {
    return write(checkpoint, statusWidth, layers, "");
  }

  static RandomGates write(
      Path checkpoint, int statusWidth, List<Integer> layers, String weightsSha256)
      throws IOException {
    Path folder = Files.createDirectories(checkpoint.resolve("exit_gates"));
    Files.writeString(
        folder.resolve("config.json"),
        ("{\"layers\": %s, \"hidden_size\": %d, \"label_rule\": \"code\", \"training\": \"none\","
                + " \"weights_sha256\": \"%s\"}")
            .formatted(layers, HIDDEN, weightsSha256));
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (int layer : layers) {
      shapes.put("layers." + layer + ".first.weight", new long[] {HIDDEN, statusWidth});
      shapes.put("layers." + layer + ".second.weight", new long[] {2, HIDDEN});
    }
    RandomGates gates = new RandomGates(statusWidth);
    Random random = new Random(11);
    SafetensorsFile.write(
        folder.resolve("model.safetensors"),
        "F32",
        shapes,
        (name, shape) -> gates.bytes(name, shape, random));
    return gates;
  }

  /** Keep and exit, in double precision. */
  float[] logits(int layer, float[] status) {
    float[] first = weights.get("layers." + layer + ".first.weight");
    float[] second = weights.get("layers." + layer + ".second.weight");
    double[] logits = new double[2];
    for (int unit = 0; unit < HIDDEN; unit++) {
      double sum = 0;
      for (int i = 0; i < statusWidth; i++) {
        sum += (double) first[unit * statusWidth + i] * status[i];
      }
      double active = 0.5 * sum * (1 + erf(sum / Math.sqrt(2)));
      logits[0] += second[unit] * active;
      logits[1] += second[HIDDEN + unit] * active;
    }
    return new float[] {(float) logits[0], (float) logits[1]};
  }

  private byte[] bytes(String name, long[] shape, Random random) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, Math::multiplyExact)];
    ByteBuffer bytes = SafetensorsFile.littleEndian(values.length * Float.BYTES);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(shape[1]));
      bytes.putFloat(values[i]);
    }
    weights.put(name, values);
    return bytes.array();
  }

  /** Taylor's series, exact to double precision for the small arguments of this test. */
  private static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
}
