package io.winnow.pruner;

import static org.assertj.core.api.Assertions.assertThat;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.quarkus.test.junit.QuarkusTest;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.DecideRequest;
import io.winnow.v1.DecideResponse;
import io.winnow.v1.DecoderShape;
import io.winnow.v1.PrunerGrpc;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The wired service on real ports. */
@QuarkusTest
class PrunerApplicationTest {

  @ConfigProperty(name = "quarkus.grpc.server.test-port")
  int grpcPort;

  @ConfigProperty(name = "quarkus.http.test-port")
  int httpPort;

  private ManagedChannel channel;

  @BeforeEach
  void connect() {
    channel = ManagedChannelBuilder.forAddress("127.0.0.1", grpcPort).usePlaintext().build();
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  @Test
  void plansOverTheNetwork() throws Exception {
    CompletableFuture<DecideResponse> answer = new CompletableFuture<>();
    StreamObserver<DecideRequest> decoder =
        PrunerGrpc.newStub(channel)
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .decide(
                new StreamObserver<>() {
                  @Override
                  public void onNext(DecideResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable cause) {
                    answer.completeExceptionally(cause);
                  }

                  @Override
                  public void onCompleted() {}
                });
    decoder.onNext(
        DecideRequest.newBuilder()
            .setBegin(
                DecideBegin.newBuilder()
                    .setModel("demo")
                    .setTextTokens(3)
                    .setShape(
                        DecoderShape.newBuilder()
                            .setLayers(8)
                            .setHiddenSize(128)
                            .setIntermediateSize(352)))
            .build());

    assertThat(answer.get(30, TimeUnit.SECONDS).getPlan().getMethod()).isEqualTo("none");
  }

  @Test
  void saysOverGrpcThatItServes() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .check(HealthCheckRequest.newBuilder().setService("winnow.v1.Pruner").build())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void saysOverHttpThatItIsReady() throws Exception {
    HttpRequest ready =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/q/health/ready"))
            .build();

    assertThat(
            HttpClient.newHttpClient()
                .send(ready, HttpResponse.BodyHandlers.ofString())
                .statusCode())
        .isEqualTo(200);
  }
}
