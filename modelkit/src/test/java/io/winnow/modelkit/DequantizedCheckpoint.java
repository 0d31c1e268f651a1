package io.winnow.modelkit;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The matrices that a quantised export stands for, read from its files as ONNX Runtime documents
 * MatMulNBits and GatherBlockQuantized; written without the exporter's code.
 */
final class DequantizedCheckpoint {

  private final Map<String, float[]> matrices = new HashMap<>(); // [out * in] by graph name

  /**
   * @param folder where the segments' graphs are
   */
  static Map<String, float[]> read(Path folder) throws IOException {
    DequantizedCheckpoint checkpoint = new DequantizedCheckpoint();
    try (var graphs = Files.newDirectoryStream(folder, "*.onnx")) {
      for (Path graph : graphs) {
        checkpoint.readGraph(graph);
      }
    }
    return checkpoint.matrices;
  }

  private void readGraph(Path file) throws IOException {
    ModelProto model;
    try (InputStream in = Files.newInputStream(file)) {
      model = ModelProto.parseFrom(in);
    }
    Map<String, TensorProto> tensors = new HashMap<>();
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      tensors.put(tensor.getName(), tensor);
    }
    for (NodeProto node : model.getGraph().getNodeList()) {
      boolean product = node.getOpType().equals("MatMulNBits");
      if (product || node.getOpType().equals("GatherBlockQuantized")) {
        TensorProto integers = tensors.get(node.getInput(product ? 1 : 0));
        TensorProto scales = tensors.get(node.getInput(2));
        int bits = (int) attribute(node, "bits");
        int rows = (int) integers.getDims(0);
        int columns = product ? (int) attribute(node, "K") : (int) integers.getDims(1) * (8 / bits);
        matrices.put(
            integers.getName().replace(".integers", ""),
            dequantize(
                new Layout(rows, columns, (int) attribute(node, "block_size"), bits, product),
                bytes(file, integers),
                bytes(file, scales)));
      }
    }
  }

  /** Whether each row is padded to whole blocks is all that tells the two operators apart. */
  private record Layout(int rows, int columns, int block, int bits, boolean padded) {
    int blocks() {
      return (columns + block - 1) / block;
    }

    int rowBytes() {
      return (padded ? blocks() * block : columns) * bits / 8;
    }
  }

  private static float[] dequantize(Layout layout, ByteBuffer integers, ByteBuffer scales) {
    float[] matrix = new float[layout.rows() * layout.columns()];
    int zero = layout.bits() == 4 ? 8 : 128;
    for (int row = 0; row < layout.rows(); row++) {
      for (int column = 0; column < layout.columns(); column++) {
        int value;
        if (layout.bits() == 8) {
          value = integers.get(row * layout.rowBytes() + column) & 0xff;
        } else {
          int pair = integers.get(row * layout.rowBytes() + column / 2) & 0xff;
          value = column % 2 == 0 ? pair & 0xf : pair >> 4;
        }
        int block = row * layout.blocks() + column / layout.block();
        matrix[row * layout.columns() + column] =
            (value - zero) * scales.getFloat(block * Float.BYTES);
      }
    }
    return matrix;
  }

  private static long attribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .findFirst()
        .orElseThrow()
        .getI();
  }

  private static ByteBuffer bytes(Path graph, TensorProto tensor) throws IOException {
    ByteBuffer bytes;
    if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      Map<String, String> place = new HashMap<>();
      for (StringStringEntryProto entry : tensor.getExternalDataList()) {
        place.put(entry.getKey(), entry.getValue());
      }
      byte[] raw = new byte[Integer.parseInt(place.get("length"))];
      try (RandomAccessFile file =
          new RandomAccessFile(graph.resolveSibling(place.get("location")).toFile(), "r")) {
        file.seek(Long.parseLong(place.get("offset")));
        file.readFully(raw);
      }
      bytes = ByteBuffer.wrap(raw);
    } else {
      bytes = tensor.getRawData().asReadOnlyByteBuffer();
    }
    return bytes.order(ByteOrder.LITTLE_ENDIAN);
  }
}
