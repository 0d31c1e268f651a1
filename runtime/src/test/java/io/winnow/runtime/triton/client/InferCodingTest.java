package io.winnow.runtime.triton.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.winnow.inference.InferParameter;
import io.winnow.inference.InferTensorContents;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferResponse;
import io.winnow.inference.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InferCodingTest {

  @Test
  void writesReservedParametersAsTheProtocolNamesThem() {
    ModelInferRequest message =
        InferCoding.encode(
            InferRequest.to("m")
                .version("3")
                .id("i")
                .sequence(7, true, false)
                .priority(2)
                .queueTimeout(Duration.ofMillis(5))
                .emptyFinalResponse()
                .parameter("mine", "x")
                .build());
    assertThat(message.getModelVersion()).isEqualTo("3");
    assertThat(message.getId()).isEqualTo("i");
    Map<String, InferParameter> parameters = message.getParametersMap();
    assertThat(parameters.get("sequence_id").getInt64Param()).isEqualTo(7);
    assertThat(parameters.get("sequence_start").getBoolParam()).isTrue();
    assertThat(parameters.get("sequence_end").hasBoolParam()).isTrue();
    assertThat(parameters.get("sequence_end").getBoolParam()).isFalse();
    assertThat(parameters.get("priority").getInt64Param()).isEqualTo(2);
    assertThat(parameters.get("timeout").getInt64Param()).isEqualTo(5_000);
    assertThat(parameters.get("triton_enable_empty_final_response").getBoolParam()).isTrue();
    assertThat(parameters.get("mine").getStringParam()).isEqualTo("x");
  }

  @Test
  void sendsOnlyInputsThatAreNotInSharedMemoryAsRawContents() {
    SharedTensor place = new SharedTensor(TensorType.FP32, List.of(2L), "r", 64, 8);
    ModelInferRequest message =
        InferCoding.encode(
            InferRequest.to("m")
                .input("a", Tensor.int32(new int[] {1}, 1))
                .input("b", place)
                .input("c", Tensor.int32(new int[] {2}, 1, 1))
                .output(new RequestedOutput("y", 0, place, 0))
                .output(new RequestedOutput("z", 0, null, 3))
                .build());
    assertThat(message.getRawInputContentsList())
        .containsExactly(bytes(1, 0, 0, 0), bytes(2, 0, 0, 0));
    assertThat(message.getInputs(1).getParametersMap().get("shared_memory_region").getStringParam())
        .isEqualTo("r");
    assertThat(message.getInputs(1).getParametersMap().get("shared_memory_offset").getInt64Param())
        .isEqualTo(64);
    assertThat(message.getInputs(2).getShapeList()).containsExactly(1L, 1L);
    assertThat(
            message.getOutputs(0).getParametersMap().get("shared_memory_byte_size").getInt64Param())
        .isEqualTo(8);
    assertThat(message.getOutputs(1).getParametersMap().get("classification").getInt64Param())
        .isEqualTo(3);
  }

  @Test
  void copiesNoTensorIntoTheMessage() {
    byte[] big = new byte[1 << 16];
    Tensor tensor = Tensor.of(TensorType.UINT8, ByteBuffer.wrap(big), big.length);
    ModelInferRequest message = InferCoding.encode(InferRequest.to("m").input("x", tensor).build());
    big[5] = 42;
    assertThat(message.getRawInputContents(0).byteAt(5)).isEqualTo((byte) 42);
  }

  @Test
  void readsTypedContentsOfEveryTypeThatHasThem() {
    InferResponse response =
        decode(
            output("BOOL", InferTensorContents.newBuilder().addBoolContents(true)),
            output("INT8", InferTensorContents.newBuilder().addIntContents(-3)),
            output("INT16", InferTensorContents.newBuilder().addIntContents(-300)),
            output("INT32", InferTensorContents.newBuilder().addIntContents(-70000)),
            output("INT64", InferTensorContents.newBuilder().addInt64Contents(1L << 40)),
            output("UINT8", InferTensorContents.newBuilder().addUintContents(200)),
            output("UINT16", InferTensorContents.newBuilder().addUintContents(60000)),
            output("UINT32", InferTensorContents.newBuilder().addUintContents(-1)),
            output("UINT64", InferTensorContents.newBuilder().addUint64Contents(-1)),
            output("FP32", InferTensorContents.newBuilder().addFp32Contents(1.5f)),
            output("FP64", InferTensorContents.newBuilder().addFp64Contents(2.5)),
            output("BYTES", InferTensorContents.newBuilder().addBytesContents(bytes(7))));
    assertThat(response.output("BOOL").toBools()).containsExactly(true);
    assertThat(response.output("INT8").toInts()).containsExactly(-3);
    assertThat(response.output("INT16").toInts()).containsExactly(-300);
    assertThat(response.output("INT32").toInts()).containsExactly(-70000);
    assertThat(response.output("INT64").toLongs()).containsExactly(1L << 40);
    assertThat(response.output("UINT8").toInts()).containsExactly(200);
    assertThat(response.output("UINT16").toInts()).containsExactly(60000);
    assertThat(response.output("UINT32").toLongs()).containsExactly(0xffff_ffffL);
    assertThat(response.output("UINT64").toLongs()).containsExactly(-1);
    assertThat(response.output("FP32").toFloats()).containsExactly(1.5f);
    assertThat(response.output("FP64").toDoubles()).containsExactly(2.5);
    assertThat(response.output("BYTES").toByteStrings().get(0)).containsExactly(7);
  }

  @Test
  void refusesWhatBreaksTheProtocol() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> decode(output("FP16", InferTensorContents.newBuilder())))
        .withMessageContaining("no typed contents for FP16");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> decode(output("FP8", InferTensorContents.newBuilder())))
        .withMessageContaining("\"FP8\" is unknown");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> decode(output("INT64", InferTensorContents.newBuilder())))
        .withMessageContaining("needs 8 bytes, there are 0");
  }

  @Test
  void saysWhichOutputsThereAreIfOneIsMissing() {
    InferResponse response =
        decode(output("INT8", InferTensorContents.newBuilder().addIntContents(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> response.output("logits"))
        .withMessageContaining("\"logits\"")
        .withMessageContaining("[INT8]");
  }

  private static InferResponse decode(InferOutputTensor.Builder... outputs) {
    ModelInferResponse.Builder message = ModelInferResponse.newBuilder().setModelName("m");
    for (InferOutputTensor.Builder output : outputs) {
      message.addOutputs(output);
    }
    return InferCoding.decode(message.build(), List.of());
  }

  private static InferOutputTensor.Builder output(
      String type, InferTensorContents.Builder contents) {
    return InferOutputTensor.newBuilder()
        .setName(type)
        .setDatatype(type)
        .addShape(1)
        .setContents(contents);
  }

  private static ByteString bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteString.copyFrom(bytes);
  }
}
