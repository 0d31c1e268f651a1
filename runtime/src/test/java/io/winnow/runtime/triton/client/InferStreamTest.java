package io.winnow.runtime.triton.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.winnow.inference.InferParameter;
import io.winnow.inference.ModelInferRequest;
import io.winnow.inference.ModelInferResponse;
import io.winnow.inference.ModelStreamInferResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InferStreamTest {

  private static final CallSettings CALL = CallSettings.within(Duration.ofSeconds(30));

  private final ScriptedTriton server = new ScriptedTriton();
  private final TritonEndpoint endpoint = server.endpoint();
  private final RecordingStreamListener listener = new RecordingStreamListener();

  @AfterEach
  void close() {
    endpoint.close();
    server.close();
  }

  @Test
  void carriesSeveralRequestsAndManyResponsesToEach() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED);
    String first = stream.send(request("a"));
    String second = stream.send(request("b"));
    assertThat(first).isNotEqualTo(second);
    ScriptedTriton.Stream remote = server.stream();
    assertThat(remote.next().getId()).isEqualTo(first);
    ModelInferRequest asked = remote.next();
    answer(remote, asked, false);
    answer(remote, asked, true);

    InferResponse early = listener.next();
    assertThat(early.id()).isEqualTo(second);
    assertThat(early.isFinal()).isFalse();
    assertThat(early.output("text").toStrings()).containsExactly("b");
    assertThat(listener.next().isFinal()).isTrue();

    stream.halfClose();
    assertThat(remote.end()).isEqualTo("half-closed");
    remote.responses().onCompleted();
    assertThat(listener.end()).isEqualTo("OK");
  }

  @Test
  void keepsTheStreamAfterARequestFailed() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED);
    stream.send(request("a").toBuilder().id("mine").build());
    ScriptedTriton.Stream remote = server.stream();
    remote
        .responses()
        .onNext(
            ModelStreamInferResponse.newBuilder()
                .setErrorMessage("no slot")
                .setInferResponse(ModelInferResponse.newBuilder().setId(remote.next().getId()))
                .build());
    assertThat(listener.nextFailure()).isEqualTo("mine: no slot");

    stream.send(request("b"));
    answer(remote, remote.next(), true);
    assertThat(listener.next().isFinal()).isTrue();
  }

  @Test
  void deliversNoMoreThanTheCredit() throws Exception {
    InferStream stream = open(1);
    stream.send(request("a"));
    ScriptedTriton.Stream remote = server.stream();
    ModelInferRequest asked = remote.next();
    answer(remote, asked, false);
    answer(remote, asked, true);
    remote.responses().onCompleted();
    assertThat(listener.next().isFinal()).isFalse();
    assertThat(listener.responses).isEmpty();
    stream.request(1);
    assertThat(listener.next().isFinal()).isTrue();
  }

  @Test
  void cancelsAtTheServer() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED);
    stream.send(request("a"));
    ScriptedTriton.Stream remote = server.stream();
    remote.next();
    stream.cancel("enough");
    assertThat(remote.end()).isEqualTo("cancelled");
    assertThat(listener.end()).isEqualTo("CANCELLED");
    assertThat(listener.failure).hasMessageContaining("enough").hasMessageContaining("echo");
    assertThat(stream.send(request("late"))).isNotEmpty();
    assertThat(stream.isReady()).isFalse();
  }

  @Test
  void takesWhatIsSaidAfterItWasCancelledAndDoesNothing() throws Exception {
    InferStream stream =
        endpoint.openStream(
            new StreamSettings(CallSettings.within(Duration.ofSeconds(30)), 0, "echo"), listener);
    ScriptedTriton.Stream remote = server.stream();
    stream.cancel("enough");
    stream.cancel("enough");
    assertThat(stream.send(request("late"))).isNotEmpty();
    stream.halfClose();
    assertThat(remote.end()).isEqualTo("cancelled");
    assertThat(remote.requests()).isEmpty();
    assertThat(listener.end()).isEqualTo("CANCELLED");
  }

  @Test
  void endsAtItsDeadline() throws Exception {
    InferStream stream =
        endpoint.openStream(
            new StreamSettings(CallSettings.within(Duration.ofMillis(50)), 1, "echo"), listener);
    stream.send(request("a"));
    assertThat(listener.end()).isEqualTo("DEADLINE_EXCEEDED");
  }

  @Test
  void reportsAServersStatusWithModelAndEndpoint() throws Exception {
    open(StreamSettings.UNLIMITED).send(request("a"));
    server.stream()
        .responses()
        .onError(Status.UNAVAILABLE.withDescription("draining").asRuntimeException());
    assertThat(listener.end()).isEqualTo("UNAVAILABLE");
    assertThat(listener.failure)
        .hasMessageContaining("echo")
        .hasMessageContaining(server.name)
        .hasMessageContaining("draining");
  }

  @Test
  void cancelsWhenAResponseBreaksTheProtocol() throws Exception {
    InferStream stream = open(StreamSettings.UNLIMITED);
    stream.send(request("a"));
    ScriptedTriton.Stream remote = server.stream();
    remote
        .responses()
        .onNext(
            ModelStreamInferResponse.newBuilder()
                .setInferResponse(
                    ModelInferResponse.newBuilder()
                        .addOutputs(
                            ModelInferResponse.InferOutputTensor.newBuilder().setDatatype("FP7")))
                .build());
    assertThat(listener.end()).isEqualTo("INTERNAL");
    assertThat(listener.failure).hasMessageContaining("FP7");
    assertThat(remote.end()).isEqualTo("cancelled");
  }

  @Test
  void saysWhenTheServerIsBehind() throws Exception {
    server.holdsRequests = true;
    InferStream stream = open(StreamSettings.UNLIMITED);
    ScriptedTriton.Stream remote = server.stream();
    assertThat(stream.isReady()).isFalse();
    int before = listener.readies.get();
    remote.responses().request(1);
    assertThat(stream.isReady()).isTrue();
    assertThat(listener.readies).hasValue(before + 1);
    stream.send(request("a"));
    assertThat(stream.isReady()).isFalse();
    stream.send(request("b")); // buffered, not lost
    remote.responses().request(1);
    assertThat(remote.next().getRawInputContents(0).toStringUtf8()).endsWith("a");
    assertThat(remote.next().getRawInputContents(0).toStringUtf8()).endsWith("b");
  }

  @Test
  void cancelsWhenTheListenerThrows() throws Exception {
    listener.bomb = new IllegalStateException("no room");
    open(StreamSettings.UNLIMITED).send(request("a"));
    ScriptedTriton.Stream remote = server.stream();
    answer(remote, remote.next(), false);
    assertThat(listener.end()).isEqualTo("INTERNAL");
    assertThat(listener.failure).hasMessageContaining("no room").hasCause(listener.bomb);
    assertThat(remote.end()).isEqualTo("cancelled");
  }

  @Test
  void endsWithTheEndpoint() throws Exception {
    open(StreamSettings.UNLIMITED).send(request("a"));
    ScriptedTriton.Stream remote = server.stream();
    endpoint.close();
    assertThat(listener.end()).isEqualTo("UNAVAILABLE");
    assertThat(remote.end()).isEqualTo("cancelled");
    assertThat(endpoint.outstanding()).isZero();
  }

  @Test
  void refusesARequestAfterHalfClose() {
    InferStream stream = open(StreamSettings.UNLIMITED);
    stream.halfClose();
    assertThatThrownBy(() -> stream.send(request("a"))).isInstanceOf(IllegalStateException.class);
  }

  private InferStream open(int credit) {
    return endpoint.openStream(new StreamSettings(CALL, credit, "echo"), listener);
  }

  private static InferRequest request(String text) {
    return InferRequest.to("echo")
        .input("text", Tensor.strings(List.of(text), 1))
        .emptyFinalResponse()
        .build();
  }

  private static void answer(
      ScriptedTriton.Stream remote, ModelInferRequest request, boolean last) {
    remote
        .responses()
        .onNext(
            ModelStreamInferResponse.newBuilder()
                .setInferResponse(
                    ScriptedTriton.echo(request).toBuilder()
                        .putParameters(
                            "triton_final_response",
                            InferParameter.newBuilder().setBoolParam(last).build()))
                .build());
  }
}
