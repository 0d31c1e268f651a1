package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import io.winnow.runtime.LogitRow;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * The logits that one native call gave, copied out of it.
 *
 * @param candidateLogits // [rows, candidates]
 * @param candidateIds // [rows, candidates]
 * @param logSumExp // [rows]
 * @param logits if they were asked for // [rows, vocabulary]
 */
record LogitRows(
    float[] candidateLogits, long[] candidateIds, float[] logSumExp, Optional<float[]> logits) {

  private static final Set<String> CANDIDATES =
      Set.of("candidate_logits", "candidate_ids", "log_sum_exp");
  private static final Set<String> ALL =
      Set.of("candidate_logits", "candidate_ids", "log_sum_exp", "logits");

  /** Outputs to ask the last segment for. */
  static Set<String> outputs(boolean fullRows) {
    return fullRows ? ALL : CANDIDATES;
  }

  static LogitRows read(OrtSession.Result result) {
    return new LogitRows(
        tensor(result, "candidate_logits").getFloatBuffer().array(),
        tensor(result, "candidate_ids").getLongBuffer().array(),
        tensor(result, "log_sum_exp").getFloatBuffer().array(),
        result.get("logits").map(value -> ((OnnxTensor) value).getFloatBuffer().array()));
  }

  LogitRow row(int row) {
    int candidates = candidateLogits.length / logSumExp.length;
    int from = row * candidates;
    int[] ids = new int[candidates];
    for (int rank = 0; rank < candidates; rank++) {
      ids[rank] = (int) candidateIds[from + rank];
    }
    return new LogitRow(
        Arrays.copyOfRange(candidateLogits, from, from + candidates),
        ids,
        logSumExp[row],
        logits.map(all -> vocabularyRow(all, row)));
  }

  static OnnxTensor tensor(OrtSession.Result result, String output) {
    return (OnnxTensor)
        result
            .get(output)
            .orElseThrow(() -> new IllegalStateException("the graph gave no " + output));
  }

  private float[] vocabularyRow(float[] all, int row) {
    int vocabulary = all.length / logSumExp.length;
    return Arrays.copyOfRange(all, row * vocabulary, (row + 1) * vocabulary);
  }
}
