package io.winnow.runtime.triton.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.winnow.inference.ModelStreamInferResponse;
import io.winnow.runtime.mesh.TestAuthority;
import io.winnow.runtime.mesh.TlsFiles;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections on loopback. */
class ChannelsTest {

  private static final CallSettings CALL = CallSettings.within(Duration.ofSeconds(30));

  private final TestAuthority authority = new TestAuthority("triton");
  private final ScriptedTriton script = new ScriptedTriton();
  private @Nullable Server server;

  @TempDir Path folder;

  @AfterEach
  void close() {
    script.close();
    if (server != null) {
      server.shutdownNow();
    }
  }

  @Test
  void speaksTlsAndChecksTheServersName() throws Exception {
    String address = serve(tls(TlsServerCredentials.ClientAuth.NONE));
    TlsSettings trusting = TlsSettings.trusting(authority.trust(folder));
    assertThat(echo(address, secured(trusting))).containsExactly(7);
    assertThat(failure(address, secured(trusting.withServerName("elsewhere"))).code())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(failure(address, secured(TlsSettings.system())).code())
        .isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void showsItsCertificateWhereTheServerAsksForOne() throws Exception {
    String address = serve(tls(TlsServerCredentials.ClientAuth.REQUIRE));
    TlsFiles own = authority.issue(folder.resolve("client"), "client");
    TlsSettings trusting = TlsSettings.trusting(authority.trust(folder));
    assertThat(echo(address, secured(trusting.withCertificate(own.certificate(), own.key()))))
        .containsExactly(7);
    assertThat(failure(address, secured(trusting)).code()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void readsItsFilesAgainForEachConnection() throws Exception {
    String address = serve(tls(TlsServerCredentials.ClientAuth.REQUIRE));
    TlsFiles own = authority.issue(folder.resolve("client"), "client");
    TlsSettings tls =
        TlsSettings.trusting(own.trust()).withCertificate(own.certificate(), own.key());
    try (TritonEndpoint endpoint = TritonEndpoint.at(address, secured(tls))) {
      assertThat(endpoint.infer(request(7), CALL).output("x").toInts()).containsExactly(7);

      // Everything is renewed by an authority that the server does not know yet, and it restarts.
      int port = server.getPort();
      server.shutdownNow().awaitTermination();
      TestAuthority next = new TestAuthority("next");
      next.issue(folder.resolve("client"), "client");
      TlsFiles renewed = next.issue(folder.resolve("server"), "localhost");
      server =
          Grpc.newServerBuilderForPort(
                  port, tls(renewed, renewed.trust(), TlsServerCredentials.ClientAuth.REQUIRE))
              .addService(script)
              .build()
              .start();
      assertThat(endpoint.infer(request(8), CALL.asRepeatable()).output("x").toInts())
          .containsExactly(8);
    }
  }

  @Test
  void trustsNoServerAgainBecauseItOnceDid() throws Exception {
    String address = serve(tls(TlsServerCredentials.ClientAuth.NONE));
    TlsSettings tls = TlsSettings.trusting(authority.trust(folder.resolve("server")));
    ChannelSettings oneCallAConnection =
        secured(tls).withLifetime(Duration.ofMinutes(1), Duration.ofNanos(1));
    try (TritonEndpoint endpoint = TritonEndpoint.at(address, oneCallAConnection)) {
      assertThat(endpoint.infer(request(7), CALL).output("x").toInts()).containsExactly(7);
      assertThat(endpoint.infer(request(8), CALL).output("x").toInts()).containsExactly(8);
      new TestAuthority("next").trust(folder.resolve("server"));
      TritonException refused =
          catchThrowableOfType(TritonException.class, () -> endpoint.infer(request(9), CALL));
      assertThat(refused).isNotNull();
      assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @Test
  void keepsTheLastGoodFilesWhileOneIsBroken() throws Exception {
    String address = serve(tls(TlsServerCredentials.ClientAuth.REQUIRE));
    TlsFiles own = authority.issue(folder.resolve("client"), "client");
    TlsSettings tls =
        TlsSettings.trusting(own.trust()).withCertificate(own.certificate(), own.key());
    try (TritonEndpoint endpoint = TritonEndpoint.at(address, secured(tls))) {
      Files.writeString(own.key(), "half of a k");
      assertThat(endpoint.infer(request(7), CALL).output("x").toInts()).containsExactly(7);
    }
  }

  @Test
  void namesATlsFileThatCannotBeRead() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> TritonEndpoint.at("h:1", secured(TlsSettings.trusting(Path.of("/none.pem")))))
        .withMessageContaining("TLS trust is /none.pem, which cannot be read");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TlsSettings(null, Path.of("a"), null, null));
  }

  @Test
  void refusesAMessageAboveTheLimit() throws Exception {
    String address = serve(InsecureServerCredentials.create());
    ChannelSettings small = ChannelSettings.defaults().withMaxMessageBytes(1_000);
    try (TritonEndpoint endpoint = TritonEndpoint.at(address, small)) {
      TritonException failure =
          catchThrowableOfType(
              TritonException.class, () -> endpoint.infer(request(new int[1_000]), CALL));
      assertThat(failure.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(failure).hasMessageContaining("exceeds maximum").hasMessageContaining("limit");
      assertThat(endpoint.infer(request(7), CALL).output("x").toInts()).containsExactly(7);
    }
  }

  @Test
  void sendsNoRequestAboveTheLimit() throws Exception {
    String address = serve(InsecureServerCredentials.create());
    ChannelSettings small = ChannelSettings.defaults().withMaxRequestBytes(1_000);
    RecordingStreamListener listener = new RecordingStreamListener();
    try (TritonEndpoint endpoint = TritonEndpoint.at(address, small);
        InferStream stream = endpoint.openStream(new StreamSettings(CALL, 8, "echo"), listener)) {
      InferRequest large = request(new int[1_000]);
      for (TritonException failure :
          List.of(
              catchThrowableOfType(TritonException.class, () -> endpoint.infer(large, CALL)),
              catchThrowableOfType(TritonException.class, () -> stream.send(large)),
              (TritonException)
                  catchThrowableOfType(
                          CompletionException.class, () -> endpoint.inferAsync(large, CALL).join())
                      .getCause())) {
        assertThat(failure.code()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(failure).hasMessageContaining("limit of 1000").hasMessageContaining("not sent");
      }
      assertThat(script.infers).hasValue(0);
      assertThat(endpoint.infer(request(7), CALL).output("x").toInts()).containsExactly(7);
      stream.send(request(8)); // the stream goes on
      assertThat(script.stream().next().getRawInputContents(0).byteAt(0)).isEqualTo((byte) 8);
      assertThat(endpoint.outstanding()).isEqualTo(1); // the stream
    }
  }

  @Test
  void endsAStreamOnAMessageAboveTheLimit() throws Exception {
    String address = serve(InsecureServerCredentials.create());
    ChannelSettings small = ChannelSettings.defaults().withMaxMessageBytes(1_000);
    RecordingStreamListener listener = new RecordingStreamListener();
    try (TritonEndpoint endpoint = TritonEndpoint.at(address, small);
        InferStream stream = endpoint.openStream(new StreamSettings(CALL, 8, "echo"), listener)) {
      stream.send(request(new int[1_000]));
      ScriptedTriton.Stream remote = script.stream();
      remote
          .responses()
          .onNext(
              ModelStreamInferResponse.newBuilder()
                  .setInferResponse(ScriptedTriton.echo(remote.next()))
                  .build());
      assertThat(listener.end()).isEqualTo("RESOURCE_EXHAUSTED");
    }
  }

  @Test
  void reportsAServerThatIsNotThereAndFindsItOnceItIs() throws Exception {
    String address = serve(InsecureServerCredentials.create());
    int port = server.getPort();
    server.shutdownNow().awaitTermination();
    try (TritonEndpoint endpoint = TritonEndpoint.at(address)) {
      TritonException failure =
          catchThrowableOfType(TritonException.class, () -> endpoint.infer(request(7), CALL));
      assertThat(failure.code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure).hasMessageContaining(address).hasMessageContaining("server runs");
      server =
          Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create())
              .addService(script)
              .build()
              .start();
      int[] answer = null;
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (answer == null && System.nanoTime() < end) {
        try {
          answer = endpoint.infer(request(7), CALL).output("x").toInts();
        } catch (TritonException e) {
          assertThat(e.code()).isEqualTo(Status.Code.UNAVAILABLE);
        }
      }
      assertThat(answer).containsExactly(7);
    }
  }

  @Test
  void endsAtTheDeadlineWhileItConnects() throws Exception {
    // Takes the connection and says nothing.
    try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        TritonEndpoint endpoint = TritonEndpoint.at("127.0.0.1:" + mute.getLocalPort())) {
      CallSettings brief = CALL.withTimeout(Duration.ofMillis(200)).asRepeatable();
      TritonException failure =
          catchThrowableOfType(TritonException.class, () -> endpoint.infer(request(7), brief));
      assertThat(failure.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      RecordingStreamListener listener = new RecordingStreamListener();
      endpoint.openStream(new StreamSettings(brief, 1, "echo"), listener).send(request(7));
      assertThat(listener.end()).isEqualTo("DEADLINE_EXCEEDED");
    }
  }

  @Test
  void opensANewChannelWhenOneIsOldAndLetsItsCallsGoOn() {
    AtomicLong clock = new AtomicLong();
    List<ManagedChannel> opened = new ArrayList<>();
    try (AgedChannel aged =
        new AgedChannel(
            () -> {
              opened.add(InProcessChannelBuilder.forName(script.name).build());
              return opened.get(opened.size() - 1);
            },
            Duration.ofNanos(100),
            clock::get)) {
      assertThat(aged.get()).isSameAs(aged.get());
      clock.set(100);
      assertThat(aged.get()).isSameAs(opened.get(1));
      assertThat(opened.get(0).isShutdown()).isTrue();
      assertThat(opened.get(1).isShutdown()).isFalse();
    }
    assertThat(opened.get(1).isShutdown()).isTrue();
  }

  private String serve(ServerCredentials credentials) throws Exception {
    server = Grpc.newServerBuilderForPort(0, credentials).addService(script).build().start();
    return "localhost:" + server.getPort();
  }

  private ServerCredentials tls(TlsServerCredentials.ClientAuth clientAuth) throws Exception {
    TlsFiles files = authority.issue(folder.resolve("server"), "localhost");
    return tls(files, authority.trust(folder), clientAuth);
  }

  private static ServerCredentials tls(
      TlsFiles own, Path trust, TlsServerCredentials.ClientAuth clientAuth) throws Exception {
    return TlsServerCredentials.newBuilder()
        .keyManager(own.certificate().toFile(), own.key().toFile())
        .trustManager(trust.toFile())
        .clientAuth(clientAuth)
        .build();
  }

  private static ChannelSettings secured(TlsSettings tls) {
    return ChannelSettings.defaults().withTls(tls);
  }

  private static int[] echo(String address, ChannelSettings settings) {
    try (TritonEndpoint endpoint = TritonEndpoint.at(address, settings)) {
      return endpoint.infer(request(7), CALL).output("x").toInts();
    }
  }

  private static TritonException failure(String address, ChannelSettings settings) {
    try (TritonEndpoint endpoint = TritonEndpoint.at(address, settings)) {
      return catchThrowableOfType(TritonException.class, () -> endpoint.infer(request(7), CALL));
    }
  }

  private static InferRequest request(int... values) {
    return InferRequest.to("echo").input("x", Tensor.int32(values, values.length)).build();
  }
}
