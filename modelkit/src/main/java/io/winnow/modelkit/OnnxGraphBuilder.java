package io.winnow.modelkit;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds one ONNX model node by node; values are strings, as in ONNX. Weights go to the external
 * data file as they are added. Not thread-safe.
 */
final class OnnxGraphBuilder {

  static final String CONTRIB = "com.microsoft";

  // The newest operator set that this exporter uses an operator of: RMSNormalization is of 23.
  private static final int OPSET = 23;
  private static final int IR_VERSION = 10;
  private static final long MAX_INLINE_BYTES = 1024;

  private final GraphProto.Builder graph;
  private final OnnxGraphBuilder root;
  private final ParameterStore data;
  private final Precision precision;
  private final Map<String, String> constants = new HashMap<>();
  private int values;

  /**
   * @param precision how it holds its weights and what it computes in
   */
  OnnxGraphBuilder(String name, ParameterStore data, Precision precision) {
    this.graph = GraphProto.newBuilder().setName(name);
    this.data = data;
    this.precision = precision;
    this.root = this;
  }

  private OnnxGraphBuilder(String name, OnnxGraphBuilder root) {
    this.graph = GraphProto.newBuilder().setName(name);
    this.data = root.data;
    this.precision = root.precision;
    this.root = root;
  }

  /** A graph for a branch of If; it sees every value of the graphs around it. */
  OnnxGraphBuilder branch(String name) {
    return new OnnxGraphBuilder(name, root);
  }

  /** Declares an input; a dimension is a number or a name. */
  String input(String name, ElementType type, Object... dimensions) {
    graph.addInput(valueInfo(name, type, dimensions));
    return name;
  }

  /** Declares an existing value as an output. */
  void output(String name, ElementType type, Object... dimensions) {
    graph.addOutput(valueInfo(name, type, dimensions));
  }

  /** Declares an output of a branch: branches differ in shape, so none is stated. */
  void branchOutput(String name, ElementType type) {
    TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type.code());
    graph.addOutput(
        ValueInfoProto.newBuilder()
            .setName(name)
            .setType(TypeProto.newBuilder().setTensorType(tensor)));
  }

  /** Begins a node of the ONNX standard. An empty input stands for an optional one left out. */
  Node op(String operator, String... inputs) {
    return new Node("", operator, inputs);
  }

  /** Begins a node of ONNX Runtime's own operators. */
  Node contrib(String operator, String... inputs) {
    return new Node(CONTRIB, operator, inputs);
  }

  /** A rank-1 constant. */
  String longs(long... elements) {
    ByteBuffer bytes = littleEndian(elements.length * Long.BYTES);
    for (long element : elements) {
      bytes.putLong(element);
    }
    return constant(ElementType.INT64, new long[] {elements.length}, bytes);
  }

  /** A constant without dimensions. */
  String scalar(long value) {
    return constant(ElementType.INT64, new long[0], littleEndian(Long.BYTES).putLong(value));
  }

  /** A constant without dimensions. */
  String scalar(int value) {
    return constant(ElementType.INT32, new long[0], littleEndian(Integer.BYTES).putInt(value));
  }

  /** A constant without dimensions. */
  String scalar(float value) {
    return constant(ElementType.FLOAT, new long[0], littleEndian(Float.BYTES).putFloat(value));
  }

  /** A constant of any shape. */
  String floats(float[] elements, long... shape) {
    ByteBuffer bytes = littleEndian(elements.length * Float.BYTES);
    for (float element : elements) {
      bytes.putFloat(element);
    }
    return constant(ElementType.FLOAT, shape, bytes);
  }

  /** A constant of any shape. */
  String booleans(boolean[] elements, long... shape) {
    ByteBuffer bytes = littleEndian(elements.length);
    for (boolean element : elements) {
      bytes.put((byte) (element ? 1 : 0));
    }
    return constant(ElementType.BOOL, shape, bytes);
  }

  Precision precision() {
    return precision;
  }

  /** The type that this graph computes in. */
  ElementType compute() {
    return precision.compute();
  }

  /** An fp32 value in the type that this graph computes in. */
  String toCompute(String value) {
    return compute() == ElementType.FLOAT
        ? value
        : op("Cast", value).with("to", compute().code()).value();
  }

  /** A value of the type that this graph computes in as fp32. */
  String toFloat(String value) {
    return compute() == ElementType.FLOAT
        ? value
        : op("Cast", value).with("to", ElementType.FLOAT.code()).value();
  }

  /** Gives a node's only output this name, as fp32. */
  String namedFloat(String name, Node node) {
    return compute() == ElementType.FLOAT
        ? node.named(name).get(0)
        : op("Cast", node.value()).with("to", ElementType.FLOAT.code()).named(name).get(0);
  }

  /** Adds a weight under its name, in the type that the graph computes in. */
  String weight(String name, Weight weight) throws IOException {
    return parameter(name, Parameter.of(weight, compute()));
  }

  /** Adds a parameter under its name; above 1 KiB it goes to the external data file. */
  String parameter(String name, Parameter parameter) throws IOException {
    TensorProto.Builder tensor = tensor(name, parameter.type(), parameter.shape());
    long bytes =
        Arrays.stream(parameter.shape()).reduce(parameter.type().bytes(), Math::multiplyExact);
    if (bytes > MAX_INLINE_BYTES) {
      ParameterStore.Place place = data.append(parameter);
      tensor
          .setDataLocation(TensorProto.DataLocation.EXTERNAL)
          .addExternalData(entry("location", data.fileName()))
          .addExternalData(entry("offset", Long.toString(place.offset())))
          .addExternalData(entry("length", Long.toString(place.length())));
    } else {
      ByteBuffer inline = littleEndian((int) bytes);
      parameter.writeTo(room -> inline);
      tensor.setRawData(ByteString.copyFrom(inline.flip()));
    }
    root.graph.addInitializer(tensor);
    return name;
  }

  /** Writes the model; the external data file must stand beside it. */
  void write(Path file) throws IOException {
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("winnow-modelkit")
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPSET))
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(CONTRIB).setVersion(1))
            .setGraph(graph)
            .build();
    try (OutputStream out = Files.newOutputStream(file)) {
      model.writeTo(out);
    }
  }

  private String constant(ElementType type, long[] shape, ByteBuffer bytes) {
    ByteString raw = ByteString.copyFrom(bytes.flip());
    String key = type + Arrays.toString(shape) + raw.hashCode() + raw.toStringUtf8();
    // A branch has its own constants: each value from outside costs an If a little at every run.
    return constants.computeIfAbsent(
        key,
        absent -> {
          String name = "constant_" + root.values++;
          graph.addInitializer(tensor(name, type, shape).setRawData(raw));
          return name;
        });
  }

  private static TensorProto.Builder tensor(String name, ElementType type, long[] shape) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type.code());
    for (long size : shape) {
      tensor.addDims(size);
    }
    return tensor;
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ValueInfoProto valueInfo(String name, ElementType type, Object... dimensions) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object dimension : dimensions) {
      if (dimension instanceof Number size) {
        shape.addDimBuilder().setDimValue(size.longValue());
      } else {
        shape.addDimBuilder().setDimParam(dimension.toString());
      }
    }
    TypeProto.Tensor.Builder tensor =
        TypeProto.Tensor.newBuilder().setElemType(type.code()).setShape(shape);
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /** Element types of the graphs. */
  enum ElementType {
    FLOAT(TensorProto.DataType.FLOAT, Float.BYTES),
    FLOAT16(TensorProto.DataType.FLOAT16, Short.BYTES),
    BFLOAT16(TensorProto.DataType.BFLOAT16, Short.BYTES),
    INT32(TensorProto.DataType.INT32, Integer.BYTES),
    INT64(TensorProto.DataType.INT64, Long.BYTES),
    UINT8(TensorProto.DataType.UINT8, Byte.BYTES),
    BOOL(TensorProto.DataType.BOOL, Byte.BYTES);

    private final TensorProto.DataType type;
    private final int bytes;

    ElementType(TensorProto.DataType type, int bytes) {
      this.type = type;
      this.bytes = bytes;
    }

    int code() {
      return type.getNumber();
    }

    /** Bytes of an element. */
    int bytes() {
      return bytes;
    }
  }

  /** A normalised sum, and the sum itself. */
  record Normed(String value, String sum) {}

  /** A node under construction; it joins the graph when its outputs are named. */
  final class Node {

    private final NodeProto.Builder node = NodeProto.newBuilder();

    private Node(String domain, String operator, String... inputs) {
      node.setDomain(domain).setOpType(operator).addAllInput(List.of(inputs));
    }

    Node with(String name, long value) {
      return with(
          AttributeProto.newBuilder()
              .setName(name)
              .setType(AttributeProto.AttributeType.INT)
              .setI(value));
    }

    Node with(String name, float value) {
      return with(
          AttributeProto.newBuilder()
              .setName(name)
              .setType(AttributeProto.AttributeType.FLOAT)
              .setF(value));
    }

    Node with(String name, String value) {
      return with(
          AttributeProto.newBuilder()
              .setName(name)
              .setType(AttributeProto.AttributeType.STRING)
              .setS(ByteString.copyFromUtf8(value)));
    }

    Node with(String name, long[] value) {
      AttributeProto.Builder attribute =
          AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
      for (long element : value) {
        attribute.addInts(element);
      }
      return with(attribute);
    }

    Node with(String name, OnnxGraphBuilder branch) {
      return with(
          AttributeProto.newBuilder()
              .setName(name)
              .setType(AttributeProto.AttributeType.GRAPH)
              .setG(branch.graph));
    }

    private Node with(AttributeProto.Builder attribute) {
      node.addAttribute(attribute);
      return this;
    }

    /** The only output, under a fresh name. */
    String value() {
      return values(1).get(0);
    }

    /** The first outputs, under fresh names. */
    List<String> values(int count) {
      List<String> names = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        names.add(node.getOpType() + "_" + root.values++);
      }
      return named(names.toArray(String[]::new));
    }

    /** The outputs of a norm with a skip input that are of use: its first and its fourth. */
    Normed normed() {
      Normed normed = new Normed("norm_" + root.values++, "sum_" + root.values++);
      named(normed.value(), "", "", normed.sum());
      return normed;
    }

    /** The first outputs, under these names; an empty one is not wanted. */
    List<String> named(String... names) {
      List<String> outputs = List.of(names);
      node.setName(outputs.get(0)).addAllOutput(outputs);
      graph.addNode(node);
      return outputs;
    }
  }
}
