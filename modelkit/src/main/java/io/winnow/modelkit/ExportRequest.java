package io.winnow.modelkit;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What to export, and where to.
 *
 * @param checkpoint Hugging Face folder
 * @param repository model repository; created if it is missing
 * @param name model name: the folders are NAME-vision, NAME-decoder and, where the checkpoint has
 *     exit gates, NAME-gates
 * @param segments decoder segments, at least 1; more than the decoder has layers means one layer
 *     each
 * @param weights precision of the weights, by its label: see {@link Precision}
 * @param tritonBackend what runs the vision tower and the gates in Triton
 */
public record ExportRequest(
    Path checkpoint,
    Path repository,
    String name,
    int segments,
    String weights,
    TritonBackend tritonBackend) {

  /** Segments of an export that asks for nothing else: enough ends to exit at, at no cost. */
  public static final int DEFAULT_SEGMENTS = 4;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  public ExportRequest {
    requireNonNull(checkpoint, "checkpoint is null");
    requireNonNull(repository, "repository is null");
    requireNonNull(tritonBackend, "tritonBackend is null");
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name is \"" + name + "\", must be letters, digits, dots, dashes and underscores");
    }
    if (segments < 1) {
      throw new IllegalArgumentException("segments is " + segments + ", must be at least 1");
    }
    Precision.named(weights);
  }

  /** A request for Triton's ONNX Runtime backend. */
  public ExportRequest(
      Path checkpoint, Path repository, String name, int segments, String weights) {
    this(checkpoint, repository, name, segments, weights, TritonBackend.ONNXRUNTIME);
  }

  public Precision precision() {
    return Precision.named(weights);
  }

  /** A request with the default segments and weights. */
  public static ExportRequest of(Path checkpoint, Path repository, String name) {
    return new ExportRequest(checkpoint, repository, name, DEFAULT_SEGMENTS, "fp32");
  }

  /** This request at another precision. */
  public ExportRequest withWeights(String label) {
    return new ExportRequest(checkpoint, repository, name, segments, label, tritonBackend);
  }

  /** This request for another backend of Triton. */
  public ExportRequest withTritonBackend(TritonBackend backend) {
    return new ExportRequest(checkpoint, repository, name, segments, weights, backend);
  }
}
