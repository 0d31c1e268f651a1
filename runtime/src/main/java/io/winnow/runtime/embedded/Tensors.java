package io.winnow.runtime.embedded;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;

/**
 * Makes tensors over direct buffers, which ONNX Runtime reads in place: refilling the buffer
 * changes the tensor.
 */
final class Tensors {

  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

  private Tensors() {}

  static OnnxTensor floats(FloatBuffer values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(ENVIRONMENT, values, shape);
  }

  static OnnxTensor longs(LongBuffer values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(ENVIRONMENT, values, shape);
  }

  static OnnxTensor ints(IntBuffer values, long... shape) throws OrtException {
    return OnnxTensor.createTensor(ENVIRONMENT, values, shape);
  }

  static OnnxTensor longs(long[] values, long... shape) throws OrtException {
    return longs(directLongs(values.length).put(0, values), shape);
  }

  static OnnxTensor floats(float[] values, long... shape) throws OrtException {
    return floats(directFloats(values.length).put(0, values), shape);
  }

  static OnnxTensor scalar(long value) throws OrtException {
    return longs(new long[] {value});
  }

  static FloatBuffer directFloats(int size) {
    return direct((long) size * Float.BYTES).asFloatBuffer();
  }

  static LongBuffer directLongs(int size) {
    return direct((long) size * Long.BYTES).asLongBuffer();
  }

  static IntBuffer directInts(int size) {
    return direct((long) size * Integer.BYTES).asIntBuffer();
  }

  static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }
}
