package io.winnow.runtime.triton.client;

/** What an input holds: a {@link Tensor}, or a place in registered {@link SharedTensor memory}. */
public sealed interface InputData permits Tensor, SharedTensor {

  /** Element type. */
  TensorType type();

  /** Sizes, outermost first; a fresh array. */
  long[] shape();
}
