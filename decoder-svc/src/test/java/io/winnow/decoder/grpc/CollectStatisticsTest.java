package io.winnow.decoder.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.winnow.decoder.chat.FakeChatService;
import io.winnow.decoder.telemetry.TelemetrySource;
import io.winnow.v1.AnswerTask;
import io.winnow.v1.AttentionTask;
import io.winnow.v1.CalibrationPrompt;
import io.winnow.v1.CalibrationTask;
import io.winnow.v1.ChatMessage;
import io.winnow.v1.CollectBegin;
import io.winnow.v1.CollectStatisticsRequest;
import io.winnow.v1.CollectStatisticsResponse;
import io.winnow.v1.ContentPart;
import io.winnow.v1.DecoderGrpc;
import io.winnow.v1.DropTask;
import io.winnow.v1.LayerStatistics;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CollectStatisticsTest {

  private static final CollectStatisticsRequest BEGIN =
      CollectStatisticsRequest.newBuilder().setBegin(CollectBegin.getDefaultInstance()).build();
  private static final CollectStatisticsRequest PROMPT =
      CollectStatisticsRequest.newBuilder()
          .setPrompt(
              CalibrationPrompt.newBuilder()
                  .addMessages(
                      ChatMessage.newBuilder()
                          .setRole("user")
                          .addParts(
                              ContentPart.newBuilder()
                                  .setPicture(ByteString.copyFrom(new byte[] {1})))
                          .addParts(ContentPart.newBuilder().setText("ab"))))
          .build();

  private final FakeChatService chat = new FakeChatService();
  private Calibrations calibrations = CalibrationFixture.calibrations(1);
  private InProcess server = server(1, Duration.ofSeconds(20));

  @AfterEach
  void close() {
    server.close();
    chat.close();
  }

  @Test
  void preparesPromptsAndRunsTasks() throws Exception {
    Call call = new Call();
    call.send(BEGIN);
    assertThat(call.next().getStarted().getModel()).isEqualTo("fake");
    call.send(PROMPT);
    CollectStatisticsResponse prepared = call.next();
    assertThat(prepared.getPrepared().getSample()).isZero();
    assertThat(prepared.getPrepared().getTokens().getImageTokens()).isEqualTo(4);
    assertThat(prepared.getPrepared().getTokens().getTextTokens()).isEqualTo(4);
    assertThat(prepared.getPrepared().getPictures()).isEqualTo(1);

    call.send(attention(0, false));
    assertThat(call.next().getFinding().getAttention().getSelfAttentionList())
        .containsExactly(0f, 1f, 2f, 3f);
    call.send(task(CalibrationTask.newBuilder().setDrop(DropTask.newBuilder().addVisual(2))));
    LayerStatistics second = call.next().getFinding().getAttention();
    assertThat(second.getLayer()).isEqualTo(1);
    assertThat(second.getSelfAttentionList()).containsExactly(0f, 1f, 3f);
    call.send(attention(0, true));
    for (int layer = 0; layer < 4; layer++) {
      assertThat(call.next().getFinding().getAttention().getLayer()).isEqualTo(layer);
    }
    call.send(
        task(
            CalibrationTask.newBuilder()
                .setAnswer(AnswerTask.newBuilder().addWithdrawLayers(2).setAnswerTokens(1))));
    assertThat(call.next().getFinding().getLogits().getLogitsList()).containsExactly(4f, 8f, 0f);
    assertThat(call.next().getFinding().getLogits().getLogitsList()).containsExactly(2f, 4f, 0f);
    call.requests.onCompleted();
    assertThat(call.end()).isEqualTo(Status.Code.OK);
  }

  @Test
  void refusesMessagesOutOfOrder() throws Exception {
    assertThat(sending(PROMPT)).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(sending(BEGIN, BEGIN)).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(sending(BEGIN, CollectStatisticsRequest.getDefaultInstance()))
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(sending(BEGIN, attention(0, true))).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(
            sending(
                CollectStatisticsRequest.newBuilder()
                    .setBegin(CollectBegin.newBuilder().setModel("other"))
                    .build()))
        .isEqualTo(Status.Code.NOT_FOUND);
    assertThat(sending(BEGIN, PROMPT, PROMPT, PROMPT)).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void takesNoMoreThanItsLimit() throws Exception {
    Call first = new Call();
    first.send(BEGIN);
    first.next();

    Call second = new Call();
    second.send(BEGIN);
    assertThat(second.end()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);

    first.requests.onCompleted();
    assertThat(first.end()).isEqualTo(Status.Code.OK);
    for (int call = 0; call < 200; call++) {
      Call next = new Call();
      next.send(PROMPT);
      assertThat(next.end())
          .as("the place is free before the end is told")
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void aCallThatGoesAwayFreesItsPlace() throws Exception {
    Call first = new Call();
    first.send(BEGIN);
    first.next();

    first.requests.onError(Status.CANCELLED.asRuntimeException());

    Object answer = Status.Code.RESOURCE_EXHAUSTED;
    // The first one's thread may still be on its way out.
    for (int tries = 0; tries < 10_000 && answer == Status.Code.RESOURCE_EXHAUSTED; tries++) {
      Call second = new Call();
      second.send(BEGIN);
      answer = second.received.poll(30, TimeUnit.SECONDS);
    }
    assertThat(answer).isInstanceOf(CollectStatisticsResponse.class);
  }

  @Test
  void tellsThoseUnderWayThatItStops() throws Exception {
    Call call = new Call();
    call.send(BEGIN);
    call.next();

    calibrations.stop();

    assertThat(call.end()).isEqualTo(Status.Code.UNAVAILABLE);
    Call late = new Call();
    late.send(BEGIN);
    assertThat(late.end()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void endsACallThatSaysNothing() throws Exception {
    server.close();
    server = server(1, Duration.ofMillis(50));
    Call call = new Call();
    call.send(BEGIN);

    assertThat(call.end()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  private InProcess server(int maxStreams, Duration patience) {
    calibrations = CalibrationFixture.calibrations(maxStreams, patience);
    return new InProcess(
        new DecoderGrpcService(
            chat,
            new ServingOptions(Runnable::run, Duration.ofMinutes(5)),
            calibrations,
            TelemetrySource.NONE));
  }

  private Status.Code sending(CollectStatisticsRequest... messages) throws Exception {
    server.close();
    server = server(1, Duration.ofSeconds(20));
    Call call = new Call();
    for (CollectStatisticsRequest message : messages) {
      call.send(message);
    }
    return call.end();
  }

  private static CollectStatisticsRequest attention(int sample, boolean through) {
    return task(
        CalibrationTask.newBuilder()
            .setAttention(AttentionTask.newBuilder().setSample(sample).setThrough(through)));
  }

  private static CollectStatisticsRequest task(CalibrationTask.Builder task) {
    return CollectStatisticsRequest.newBuilder().setTask(task).build();
  }

  /** A call and what it answers: messages, then the status's code. */
  private final class Call implements StreamObserver<CollectStatisticsResponse> {

    final StreamObserver<CollectStatisticsRequest> requests;
    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();

    Call() {
      requests = DecoderGrpc.newStub(server.channel).collectStatistics(this);
    }

    void send(CollectStatisticsRequest message) {
      requests.onNext(message);
    }

    CollectStatisticsResponse next() throws InterruptedException {
      Object next = received.poll(30, TimeUnit.SECONDS);
      assertThat(next).isInstanceOf(CollectStatisticsResponse.class);
      return (CollectStatisticsResponse) next;
    }

    Status.Code end() throws InterruptedException {
      Object next = received.poll(30, TimeUnit.SECONDS);
      while (next instanceof CollectStatisticsResponse) {
        next = received.poll(30, TimeUnit.SECONDS);
      }
      return (Status.Code) next;
    }

    @Override
    public void onNext(CollectStatisticsResponse response) {
      received.add(response);
    }

    @Override
    public void onError(Throwable failure) {
      received.add(Status.fromThrowable(failure).getCode());
    }

    @Override
    public void onCompleted() {
      received.add(Status.Code.OK);
    }
  }
}
