package io.winnow.runtime.triton.client;

import java.util.Locale;

/** Element types of KServe v2. The constants' names are those on the wire. */
public enum TensorType {
  /** One byte, 0 or 1. */
  BOOL(1),
  UINT8(1),
  UINT16(2),
  UINT32(4),
  UINT64(8),
  INT8(1),
  INT16(2),
  INT32(4),
  INT64(8),
  /** IEEE 754 binary16. */
  FP16(2),
  /** bfloat16: the upper half of a binary32. */
  BF16(2),
  FP32(4),
  FP64(8),
  /** Byte strings of any length; in raw contents each is preceded by its length in four bytes. */
  BYTES(0);

  private final int elementBytes;

  TensorType(int elementBytes) {
    this.elementBytes = elementBytes;
  }

  /** Bytes of an element; 0 for {@link #BYTES}, whose elements differ. */
  public int elementBytes() {
    return elementBytes;
  }

  /**
   * The type of a name on the wire, for example "FP32".
   *
   * @throws IllegalArgumentException if there is none
   */
  public static TensorType named(String datatype) {
    try {
      return valueOf(datatype.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("tensor type \"" + datatype + "\" is unknown", e);
    }
  }
}
