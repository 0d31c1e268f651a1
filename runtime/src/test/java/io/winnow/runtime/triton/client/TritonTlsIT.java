package io.winnow.runtime.triton.client;

import static io.winnow.runtime.triton.client.SmallModels.CALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.winnow.runtime.mesh.TestAuthority;
import io.winnow.runtime.mesh.TlsFiles;
import io.winnow.runtime.triton.OnTriton;
import io.winnow.runtime.triton.RealTriton;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS and mutual TLS with real servers, whose certificates are for localhost. */
@OnTriton
class TritonTlsIT {

  private final TestAuthority authority = new TestAuthority("triton");
  private final TestAuthority stranger = new TestAuthority("stranger");

  @TempDir Path folder;

  @Test
  void trustsAServerOfItsAuthorityAndNoOther() throws Exception {
    Path trust = authority.trust(folder);
    TlsSettings trusting = TlsSettings.trusting(trust).withServerName("localhost");
    Path wrong = stranger.trust(folder.resolve(issued("stranger", stranger)));
    try (RealTriton triton = SmallModels.start(tls(issued("server", authority)))) {
      assertServes(triton, trusting);
      assertStreams(triton, trusting);
      assertUnavailable(triton, TlsSettings.trusting(wrong).withServerName("localhost"));
      assertUnavailable(triton, TlsSettings.system().withServerName("localhost"));
      assertUnavailable(triton, trusting.withServerName("elsewhere"));
      try (TritonEndpoint plain = TritonEndpoint.at(triton.address())) {
        assertUnavailable(plain);
      }
    }
  }

  @Test
  void showsACertificateToAServerThatAsksForOne() throws Exception {
    TlsFiles client = authority.issue(folder.resolve("client"), "client");
    TlsFiles forged = stranger.issue(folder.resolve("forged"), "client");
    TlsFiles expired = authority.issueExpired(folder.resolve("expired"), "client");
    TlsSettings trusting =
        TlsSettings.trusting(authority.trust(folder)).withServerName("localhost");
    try (RealTriton triton = SmallModels.start(mutual(issued("server", authority)))) {
      assertServes(triton, trusting.withCertificate(client.certificate(), client.key()));
      assertStreams(triton, trusting.withCertificate(client.certificate(), client.key()));
      assertUnavailable(triton, trusting);
      assertUnavailable(triton, trusting.withCertificate(forged.certificate(), forged.key()));
      assertUnavailable(triton, trusting.withCertificate(expired.certificate(), expired.key()));
    }
  }

  @Test
  void followsCertificatesThatAreRenewed() throws Exception {
    TlsFiles client = authority.issue(folder.resolve("client"), "client");
    TlsSettings tls =
        TlsSettings.trusting(client.trust())
            .withServerName("localhost")
            .withCertificate(client.certificate(), client.key());
    ChannelSettings settings = ChannelSettings.defaults().withTls(tls);
    try (RealTriton triton = SmallModels.start(mutual(issued("server", authority)));
        TritonEndpoint endpoint = TritonEndpoint.at(triton.address(), settings)) {
      assertServes(endpoint);
      stranger.issue(folder.resolve("server"), "localhost");
      stranger.issue(folder.resolve("client"), "client");
      triton.stop();
      triton.restart(); // it reads its files only then
      SmallModels.awaitConnected(endpoint);
      assertServes(endpoint);
    }
  }

  private Path issued(String name, TestAuthority by) throws Exception {
    by.issue(folder.resolve(name), "localhost");
    return folder.resolve(name);
  }

  private static String[] tls(Path server) {
    return new String[] {
      "--grpc-use-ssl=true",
      "--grpc-server-cert=" + server.resolve("certificate.pem"),
      "--grpc-server-key=" + server.resolve("key.pem"),
      "--grpc-root-cert=" + server.resolve("trust.pem")
    };
  }

  private static String[] mutual(Path server) {
    List<String> options = new ArrayList<>(List.of(tls(server)));
    options.add("--grpc-use-ssl-mutual=true");
    return options.toArray(String[]::new);
  }

  private static void assertServes(RealTriton triton, TlsSettings tls) {
    try (TritonEndpoint endpoint = at(triton, tls)) {
      assertServes(endpoint);
    }
  }

  private static void assertServes(TritonEndpoint endpoint) {
    assertThat(endpoint.infer(SmallModels.echo(1), CALL.asRepeatable()).output("x").toFloats())
        .containsExactly(1);
  }

  private static void assertStreams(RealTriton triton, TlsSettings tls) throws Exception {
    RecordingStreamListener listener = new RecordingStreamListener();
    try (TritonEndpoint endpoint = at(triton, tls);
        InferStream stream =
            endpoint.openStream(new StreamSettings(CALL, 8, "countdown"), listener)) {
      stream.send(SmallModels.countdown(3, 0));
      stream.halfClose();
      assertThat(listener.end()).isEqualTo("OK");
    }
  }

  private static void assertUnavailable(RealTriton triton, TlsSettings tls) {
    try (TritonEndpoint endpoint = at(triton, tls)) {
      assertUnavailable(endpoint);
    }
  }

  private static void assertUnavailable(TritonEndpoint endpoint) {
    TritonException refused =
        catchThrowableOfType(
            TritonException.class, () -> endpoint.infer(SmallModels.echo(1), CALL));
    assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(refused).hasMessageContaining(endpoint.address());
  }

  private static TritonEndpoint at(RealTriton triton, TlsSettings tls) {
    return TritonEndpoint.at(triton.address(), ChannelSettings.defaults().withTls(tls));
  }
}
