package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.winnow.cli.mesh.Mesh;
import io.winnow.runtime.mesh.MeshTls;
import io.winnow.runtime.mesh.TestAuthority;
import io.winnow.runtime.mesh.TlsFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The three services, each with a certificate of its own. Ordered, since the last test renews them.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MutualTlsIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;
  private static final String CLIENT = identity("gateway");
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final TestAuthority AUTHORITY = new TestAuthority("mesh");

  @TempDir static Path folder;

  private static TestMesh mesh;

  @BeforeAll
  static void start() throws IOException {
    Map<String, Map<String, String>> settings = new HashMap<>();
    settings.put(Mesh.ENCODER, tls(Mesh.ENCODER, identity(Mesh.DECODER)));
    settings.put(Mesh.PRUNER, tls(Mesh.PRUNER, identity(Mesh.DECODER)));
    Map<String, String> decoder = tls(Mesh.DECODER, CLIENT);
    decoder.put("winnow.encoder.identity", identity(Mesh.ENCODER));
    decoder.put("winnow.pruner.identity", identity(Mesh.PRUNER));
    settings.put(Mesh.DECODER, decoder);
    mesh = TestMesh.serveDemo(settings);
  }

  @AfterAll
  static void stop() {
    mesh.close();
  }

  @Test
  @Order(1)
  void answersAsWithoutTls() throws Exception {
    assertThat(mesh.ask(QUESTION).text()).isEqualTo(QUESTION.answer());
    assertThat(mesh.ask(QUESTION).reduction().path("reason").asText()).doesNotContain("pruner");
  }

  @ParameterizedTest
  @Order(1)
  @ValueSource(strings = {Mesh.ENCODER, Mesh.PRUNER, Mesh.DECODER})
  void refusesWhoMayNotCall(String module) throws Exception {
    assertThat(healthAs(module, AUTHORITY.issue(folder.resolve("stranger"), identity("stranger"))))
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(healthAs(module, AUTHORITY.issueExpired(folder.resolve("expired"), CLIENT)))
        .isEqualTo(Status.Code.UNAVAILABLE);
    TlsFiles forged = new TestAuthority("forger").issue(folder.resolve("forged"), CLIENT);
    AUTHORITY.trust(folder.resolve("forged"));
    assertThat(healthAs(module, forged)).isEqualTo(Status.Code.UNAVAILABLE);
    ChannelCredentials nothing =
        TlsChannelCredentials.newBuilder().trustManager(forged.trust().toFile()).build();
    assertThat(health(module, nothing)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(health(module, InsecureChannelCredentials.create()))
        .isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  @Order(1)
  void letsThoseCallWhoMay() throws Exception {
    TlsFiles client = AUTHORITY.issue(folder.resolve("client"), CLIENT);
    assertThat(healthAs(Mesh.DECODER, client)).isEqualTo(Status.Code.OK);
    TlsFiles decoder = AUTHORITY.issue(folder.resolve("as decoder"), identity(Mesh.DECODER));
    assertThat(healthAs(Mesh.PRUNER, decoder)).isEqualTo(Status.Code.OK);
    assertThat(healthAs(Mesh.ENCODER, decoder)).isEqualTo(Status.Code.OK);
  }

  @Test
  @Order(2)
  void goesOnWhenEveryCertificateIsRenewedByAnotherAuthority() throws Exception {
    TestAuthority next = new TestAuthority("next");
    for (String module : new String[] {Mesh.ENCODER, Mesh.PRUNER, Mesh.DECODER}) {
      next.issue(folder.resolve(module), identity(module));
      next.trust(folder.resolve(module), AUTHORITY);
    }
    TlsFiles client = next.issue(folder.resolve("next client"), CLIENT); // trusts no other
    Status.Code heard = Status.Code.UNAVAILABLE;
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (heard != Status.Code.OK && System.nanoTime() < end) {
      heard = healthAs(Mesh.DECODER, client);
    }
    assertThat(heard).isEqualTo(Status.Code.OK);
    assertThat(mesh.ask(QUESTION).text()).isEqualTo(QUESTION.answer());
  }

  private static String identity(String service) {
    return "spiffe://winnow/ns/e2e/sa/" + service;
  }

  private static Map<String, String> tls(String module, String caller) throws IOException {
    TlsFiles files = AUTHORITY.issue(folder.resolve(module), identity(module));
    Map<String, String> settings = new HashMap<>();
    settings.put("winnow.mesh.tls.certificate", files.certificate().toString());
    settings.put("winnow.mesh.tls.key", files.key().toString());
    settings.put("winnow.mesh.tls.trust", files.trust().toString());
    settings.put("winnow.mesh.tls.reload", "1s");
    settings.put("winnow.mesh.tls.callers", caller);
    return settings;
  }

  private static Status.Code healthAs(String module, TlsFiles files) throws Exception {
    try (MeshTls tls = MeshTls.open(files)) {
      return health(module, tls.towards(identity(module)));
    }
  }

  private static Status.Code health(String module, ChannelCredentials credentials)
      throws InterruptedException {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + mesh.grpcPort(module), credentials).build();
    try {
      var unused =
          HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .check(HealthCheckRequest.getDefaultInstance());
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    } finally {
      channel.shutdownNow();
      channel.awaitTermination(10, TimeUnit.SECONDS);
    }
  }
}
