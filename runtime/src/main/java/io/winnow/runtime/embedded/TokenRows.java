package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The rows of one prompt on their way from segment to segment.
 *
 * @param inputs those inputs of the next segment that carry one value per row, by name
 * @param rows number of rows
 * @param owner what holds the tensors' memory
 */
record TokenRows(Map<String, OnnxTensor> inputs, int rows, Owner owner) implements AutoCloseable {

  /** Outputs of a segment that are the next one's {@link #inputs}. */
  static final Set<String> OUTPUTS =
      Set.of("hidden_out", "positions_out", "spans_out", "scores_out");

  /** Frees the memory under tensors. */
  interface Owner {
    void free();
  }

  /** The rows that enter segment 0. */
  static TokenRows ofPrompt(Prompt prompt, PrefillPlan plan, int hiddenSize) throws OrtException {
    int rows = prompt.length();
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    inputs.put("token_ids", Tensors.longs(prompt.tokenIds(), 1, rows));
    inputs.put(
        "visual_tokens",
        Tensors.floats(prompt.visualTokens().duplicate(), prompt.visualRows(), hiddenSize));
    inputs.put("positions", Tensors.longs(prompt.positions(), 1, rows));
    inputs.put("spans", Tensors.longs(prompt.spans(), 1, rows));
    inputs.put("scores", Tensors.floats(scores(prompt, plan), 1, rows));
    return owning(inputs, rows);
  }

  /** The rows that left a segment; they live in its result, which is theirs from then on. */
  static TokenRows ofResult(OrtSession.Result result) {
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    for (String output : OUTPUTS) {
      inputs.put(
          output.substring(0, output.length() - "_out".length()), LogitRows.tensor(result, output));
    }
    int rows = (int) LogitRows.tensor(result, "hidden_out").getInfo().getShape()[1];
    return new TokenRows(inputs, rows, result::close);
  }

  /** Rotary position of each row // [rows]. */
  long[] positions() {
    return tensor("positions").getLongBuffer().array();
  }

  /** Picture number of each row, -1 for text // [rows]. */
  long[] spans() {
    return tensor("spans").getLongBuffer().array();
  }

  /** A copy without the visual rows, between two segments. */
  TokenRows textOnly() throws OrtException {
    long[] spans = spans();
    boolean[] text = new boolean[rows];
    for (int row = 0; row < rows; row++) {
      text[row] = spans[row] < 0;
    }
    return select(text);
  }

  /**
   * A copy of some of the rows, in their order, between two segments.
   *
   * @param stays // [rows]
   */
  TokenRows select(boolean[] stays) throws OrtException {
    long[] spans = spans();
    long[] positions = positions();
    float[] scores = tensor("scores").getFloatBuffer().array();
    FloatBuffer hidden = tensor("hidden").getFloatBuffer();
    int hiddenSize = hidden.capacity() / rows;
    int left = 0;
    for (boolean stay : stays) {
      left += stay ? 1 : 0;
    }
    FloatBuffer leftHidden = Tensors.directFloats(left * hiddenSize); // [left, hidden]
    LongBuffer leftPositions = Tensors.directLongs(left);
    LongBuffer leftSpans = Tensors.directLongs(left);
    FloatBuffer leftScores = Tensors.directFloats(left);
    for (int row = 0; row < rows; row++) {
      if (stays[row]) {
        leftHidden.put(hidden.slice(row * hiddenSize, hiddenSize));
        leftPositions.put(positions[row]);
        leftSpans.put(spans[row]);
        leftScores.put(scores[row]);
      }
    }
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    inputs.put("hidden", Tensors.floats(leftHidden.flip(), 1, left, hiddenSize));
    inputs.put("positions", Tensors.longs(leftPositions.flip(), 1, left));
    inputs.put("spans", Tensors.longs(leftSpans.flip(), 1, left));
    inputs.put("scores", Tensors.floats(leftScores.flip(), 1, left));
    return owning(inputs, left);
  }

  @Override
  public void close() {
    owner.free();
  }

  private OnnxTensor tensor(String input) {
    OnnxTensor tensor = inputs.get(input);
    if (tensor == null) {
      throw new IllegalStateException("no rows of " + input);
    }
    return tensor;
  }

  private static TokenRows owning(Map<String, OnnxTensor> inputs, int rows) {
    return new TokenRows(inputs, rows, () -> inputs.values().forEach(OnnxTensor::close));
  }

  /** The plan's scores at the visual rows, zeros elsewhere. // [rows] */
  private static float[] scores(Prompt prompt, PrefillPlan plan) {
    float[] scores = new float[prompt.length()];
    if (plan.scores().length == 0) {
      return scores;
    }
    int visual = 0;
    for (int row = 0; row < scores.length; row++) {
      if (prompt.spans()[row] >= 0) {
        scores[row] = plan.scores()[visual++];
      }
    }
    return scores;
  }
}
