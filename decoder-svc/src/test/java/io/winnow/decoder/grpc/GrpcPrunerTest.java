package io.winnow.decoder.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.generation.PeerCall;
import io.winnow.decoder.generation.PrunerClient;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.Observation;
import io.winnow.v1.Outcome;
import io.winnow.v1.Plan;
import io.winnow.v1.PrunerGrpc;
import io.winnow.v1.Verdict;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GrpcPrunerTest {

  private final Peer peer = new Peer();
  private final InProcess server = new InProcess(peer);
  private final GrpcPruner pruner = new GrpcPruner(() -> server.channel);
  private final Heard heard = new Heard();

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void goesThroughAWholeExchange() throws Exception {
    PrunerClient.Decision decision = open();
    decision.begin(DecideBegin.newBuilder().setModel("demo").build());
    assertThat(peer.take().getBegin().getModel()).isEqualTo("demo");
    peer.reply.onNext(
        DecideResponse.newBuilder().setPlan(Plan.newBuilder().setMethod("dyvte")).build());
    assertThat(heard.take()).isEqualTo("plan dyvte");
    decision.observe(Observation.newBuilder().setSegment(2).build());
    assertThat(peer.take().getObservation().getSegment()).isEqualTo(2);
    peer.reply.onNext(
        DecideResponse.newBuilder()
            .setVerdict(Verdict.newBuilder().setSegment(2).setExit(true))
            .build());
    assertThat(heard.take()).isEqualTo("verdict 2 true");
    decision.finish(Outcome.newBuilder().setCompleted(true).build());
    assertThat(peer.take().getOutcome().getCompleted()).isTrue();
    peer.halfClosed.get(30, TimeUnit.SECONDS);
    peer.reply.onCompleted();

    assertThat(heard.failure).isNotDone();
  }

  @Test
  void passesARefusalOn() throws Exception {
    open().begin(DecideBegin.getDefaultInstance());
    peer.take();
    ChatFailure refusal =
        ChatFailure.of(Reason.INVALID_REQUEST, "no such method", "visual_token_reduction.method");
    peer.reply.onError(FailureStatus.of(refusal));

    assertThat(heard.failed()).isEqualTo(refusal);
  }

  @Test
  void isUnavailableWithoutAPruner() throws Exception {
    server.stopServer();
    open();

    assertThat(heard.failed().reason()).isEqualTo(Reason.UNAVAILABLE);
  }

  @Test
  void takesAnEndBeforeTheOutcomeForAFailure() throws Exception {
    open().begin(DecideBegin.getDefaultInstance());
    peer.take();
    peer.reply.onCompleted();

    assertThat(heard.failed().reason()).isEqualTo(Reason.INTERNAL);
  }

  @Test
  void takesAnEmptyMessageForAFailure() throws Exception {
    open().begin(DecideBegin.getDefaultInstance());
    peer.take();
    peer.reply.onNext(DecideResponse.getDefaultInstance());

    assertThat(heard.failed().message()).contains("pruner-svc", "without a step");
    peer.gone.get(30, TimeUnit.SECONDS);
  }

  @Test
  void cancelsTheStream() throws Exception {
    PrunerClient.Decision decision = open();
    decision.begin(DecideBegin.getDefaultInstance());
    peer.take();
    decision.cancel();
    decision.finish(Outcome.getDefaultInstance());

    peer.gone.get(30, TimeUnit.SECONDS);
    assertThat(heard.failure).isNotDone();
  }

  @Test
  void givesUpAtTheDeadline() throws Exception {
    pruner.open(PeerCall.untraced(Duration.ofMillis(50)), heard);

    assertThat(heard.failed().reason()).isEqualTo(Reason.TIMEOUT);
  }

  @Test
  void survivesAFailureOfThePeerAfterTheOutcome() throws Exception {
    PrunerClient.Decision decision = open();
    decision.begin(DecideBegin.getDefaultInstance());
    decision.finish(Outcome.getDefaultInstance());
    peer.halfClosed.get(30, TimeUnit.SECONDS);
    peer.reply.onError(Status.INTERNAL.asException());

    assertThat(heard.failure).isNotDone();
  }

  private PrunerClient.Decision open() {
    return pruner.open(PeerCall.untraced(Duration.ofSeconds(60)), heard);
  }

  /** What the listener heard. */
  private static final class Heard implements PrunerClient.Listener {

    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final CompletableFuture<ChatFailure> failure = new CompletableFuture<>();

    String take() throws InterruptedException {
      return events.poll(30, TimeUnit.SECONDS);
    }

    ChatFailure failed() throws Exception {
      return failure.get(30, TimeUnit.SECONDS);
    }

    @Override
    public void onPlan(Plan plan) {
      events.add("plan " + plan.getMethod());
    }

    @Override
    public void onVerdict(Verdict verdict) {
      events.add("verdict " + verdict.getSegment() + " " + verdict.getExit());
    }

    @Override
    public void onFailed(ChatFailure failed) {
      failure.complete(failed);
    }
  }

  /** A pruner whose replies the test gives. */
  private static final class Peer extends PrunerGrpc.PrunerImplBase {

    private final BlockingQueue<DecideRequest> received = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private final CompletableFuture<Void> halfClosed = new CompletableFuture<>();
    private volatile ServerCallStreamObserver<DecideResponse> reply;

    DecideRequest take() throws InterruptedException {
      DecideRequest request = received.poll(30, TimeUnit.SECONDS);
      assertThat(request).isNotNull();
      return request;
    }

    @Override
    public StreamObserver<DecideRequest> decide(StreamObserver<DecideResponse> observer) {
      reply = (ServerCallStreamObserver<DecideResponse>) observer;
      reply.setOnCancelHandler(() -> gone.complete(null));
      return new StreamObserver<>() {
        @Override
        public void onNext(DecideRequest request) {
          received.add(request);
        }

        @Override
        public void onError(Throwable thrown) {
          gone.complete(null);
        }

        @Override
        public void onCompleted() {
          halfClosed.complete(null);
        }
      };
    }
  }
}
