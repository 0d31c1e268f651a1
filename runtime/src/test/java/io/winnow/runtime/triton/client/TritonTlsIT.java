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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mutual TLS with a real server. */
@OnTriton
class TritonTlsIT {

  @TempDir Path folder;

  @Test
  void showsACertificateToAServerThatAsksForOne() throws Exception {
    TestAuthority authority = new TestAuthority("triton");
    TlsFiles server = authority.issue(folder.resolve("server"), "localhost");
    TlsFiles client = authority.issue(folder.resolve("client"), "client");
    TlsSettings trusting =
        TlsSettings.trusting(authority.trust(folder)).withServerName("localhost");
    try (RealTriton triton =
        SmallModels.start(
            "--grpc-use-ssl=true",
            "--grpc-use-ssl-mutual=true",
            "--grpc-server-cert=" + server.certificate(),
            "--grpc-server-key=" + server.key(),
            "--grpc-root-cert=" + authority.trust(folder))) {
      ChannelSettings mutual =
          ChannelSettings.defaults()
              .withTls(trusting.withCertificate(client.certificate(), client.key()));
      try (TritonEndpoint endpoint = TritonEndpoint.at(triton.address(), mutual)) {
        assertThat(endpoint.infer(SmallModels.echo(1), CALL).output("x").toFloats())
            .containsExactly(1);
      }
      ChannelSettings anonymous = ChannelSettings.defaults().withTls(trusting);
      try (TritonEndpoint endpoint = TritonEndpoint.at(triton.address(), anonymous)) {
        TritonException refused =
            catchThrowableOfType(
                TritonException.class, () -> endpoint.infer(SmallModels.echo(1), CALL));
        assertThat(refused.code()).isEqualTo(Status.Code.UNAVAILABLE);
      }
    }
  }
}
