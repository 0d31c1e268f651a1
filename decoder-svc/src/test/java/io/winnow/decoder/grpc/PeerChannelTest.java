package io.winnow.decoder.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.InsecureChannelCredentials;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.stub.StreamObserver;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.generation.PeerCall;
import io.winnow.decoder.generation.PrunerClient;
import io.winnow.runtime.mesh.PeerTarget;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.Plan;
import io.winnow.v1.PrunerGrpc;
import io.winnow.v1.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PeerChannelTest {

  @Test
  void reachesAPeerThatStartedLaterThanItsFirstFailure() throws Exception {
    int port = freePort();
    try (PeerChannel channel =
        new PeerChannel(
            PeerTarget.parse("target", "127.0.0.1:" + port), InsecureChannelCredentials.create())) {
      assertThat(ask(channel)).isEqualTo(Reason.UNAVAILABLE.name());
      Server peer = ServerBuilder.forPort(port).addService(new Planner()).build().start();
      try {
        assertThat(askUntilPlanned(channel)).isEqualTo("planned");
      } finally {
        peer.shutdownNow();
      }
    }
  }

  /** Each try may make the channel connect anew; gRPC alone would wait longer each time. */
  private static String askUntilPlanned(PeerChannel channel) throws Exception {
    String answer = "";
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!answer.equals("planned") && System.nanoTime() < end) {
      answer = ask(channel);
    }
    return answer;
  }

  private static String ask(PeerChannel channel) throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    PrunerClient.Decision decision =
        new GrpcPruner(channel)
            .open(
                PeerCall.untraced(Duration.ofSeconds(30)),
                new PrunerClient.Listener() {
                  @Override
                  public void onPlan(Plan plan) {
                    answer.complete("planned");
                  }

                  @Override
                  public void onVerdict(Verdict verdict) {
                    answer.complete("a verdict");
                  }

                  @Override
                  public void onFailed(ChatFailure failure) {
                    answer.complete(failure.reason().name());
                  }
                });
    decision.begin(DecideBegin.getDefaultInstance());
    String heard = answer.get(60, TimeUnit.SECONDS);
    decision.cancel();
    return heard;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Answers every begin. */
  private static final class Planner extends PrunerGrpc.PrunerImplBase {

    @Override
    public StreamObserver<DecideRequest> decide(StreamObserver<DecideResponse> decoder) {
      return new StreamObserver<>() {
        @Override
        public void onNext(DecideRequest request) {
          decoder.onNext(DecideResponse.newBuilder().setPlan(Plan.getDefaultInstance()).build());
        }

        @Override
        public void onError(Throwable thrown) {}

        @Override
        public void onCompleted() {}
      };
    }
  }
}
