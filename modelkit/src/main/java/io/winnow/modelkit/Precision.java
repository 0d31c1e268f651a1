package io.winnow.modelkit;

import io.winnow.modelkit.OnnxGraphBuilder.ElementType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How an exported model holds its weights, and what it computes in. docs/decoder-graph.md says what
 * each is for.
 */
public enum Precision {
  FP32(ElementType.FLOAT, PlainMatrices.INSTANCE, PlainMatrices.INSTANCE),
  FP16(ElementType.FLOAT16, PlainMatrices.INSTANCE, PlainMatrices.INSTANCE),
  BF16(ElementType.BFLOAT16, PlainMatrices.INSTANCE, PlainMatrices.INSTANCE),
  INT8(ElementType.FLOAT, BlockMatrices.INT8, BlockMatrices.INT8),
  INT4(ElementType.FLOAT, BlockMatrices.INT4, BlockMatrices.INT8);

  private final ElementType compute;
  private final Matrices layers;
  private final Matrices ends;

  Precision(ElementType compute, Matrices layers, Matrices ends) {
    this.compute = compute;
    this.layers = layers;
    this.ends = ends;
  }

  /**
   * The precision of this name, as the command line and manifests spell it.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Precision named(String name) {
    return Arrays.stream(values())
        .filter(precision -> precision.label().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("weights is \"" + name + "\", must be " + labels()));
  }

  /** All names, for messages. */
  public static String labels() {
    return Arrays.stream(values()).map(Precision::label).collect(Collectors.joining(", "));
  }

  /** The name in manifests and on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether ONNX Runtime's CUDA provider is what the graphs are made for. */
  public boolean forCuda() {
    return compute != ElementType.FLOAT;
  }

  /** Type of activations, KV caches and whatever is no matrix. */
  ElementType compute() {
    return compute;
  }

  /** How the projections of the decoder's layers are held. */
  Matrices layers() {
    return layers;
  }

  /** How the decoder's embedding and head are held. */
  Matrices ends() {
    return ends;
  }

  /** What the vision tower and the projector have: int8 where the decoder is quantised. */
  Precision tower() {
    return layers == PlainMatrices.INSTANCE ? FP32 : INT8;
  }
}
