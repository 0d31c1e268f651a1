package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.cli.mesh.Mesh;
import io.winnow.runtime.mesh.TestAuthority;
import io.winnow.runtime.mesh.TlsFiles;
import io.winnow.runtime.triton.OnTriton;
import io.winnow.runtime.triton.RealTriton;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The services towards a real Triton that takes mutual TLS only. */
@OnTriton
class TritonOverTlsIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;

  private final TestAuthority authority = new TestAuthority("triton");

  @TempDir Path folder;

  @Test
  void answersThroughMutualTlsAndAfterEveryCertificateWasRenewed() throws Exception {
    TlsFiles server = authority.issue(folder.resolve("server"), "triton.models");
    Path models = TestMesh.demoForTriton();
    try (RealTriton triton =
        RealTriton.start(
            models,
            "--models",
            "demo-vision,demo-decoder",
            "--",
            "--grpc-use-ssl=true",
            "--grpc-use-ssl-mutual=true",
            "--grpc-server-cert=" + server.certificate(),
            "--grpc-server-key=" + server.key(),
            "--grpc-root-cert=" + server.trust())) {
      Map<String, String> settings = settings(triton);
      try (TestMesh mesh =
          TestMesh.serve(models, Map.of(Mesh.ENCODER, settings, Mesh.DECODER, settings))) {
        assertThat(mesh.ask(QUESTION).text()).isEqualTo(QUESTION.answer());

        TestAuthority next = new TestAuthority("next");
        next.issue(folder.resolve("server"), "triton.models");
        next.issue(folder.resolve("client"), "winnow");
        triton.stop();
        mesh.awaitReady(503);
        triton.restart(); // it reads its files only then
        mesh.awaitReady(200);
        assertThat(mesh.ask(QUESTION).text()).isEqualTo(QUESTION.answer());
      }
    }
  }

  private Map<String, String> settings(RealTriton triton) throws Exception {
    TlsFiles client = authority.issue(folder.resolve("client"), "winnow");
    Map<String, String> settings = new TreeMap<>();
    settings.put("winnow.triton.endpoints", triton.address());
    settings.put("winnow.triton.tls.trust", client.trust().toString());
    settings.put("winnow.triton.tls.certificate", client.certificate().toString());
    settings.put("winnow.triton.tls.key", client.key().toString());
    settings.put("winnow.triton.tls.server-name", "triton.models");
    return settings;
  }
}
