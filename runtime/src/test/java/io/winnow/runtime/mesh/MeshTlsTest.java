package io.winnow.runtime.mesh;

import static io.winnow.runtime.mesh.TlsServer.CALLER;
import static io.winnow.runtime.mesh.TlsServer.IDENTITY;
import static io.winnow.runtime.mesh.TlsServer.STRANGER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server and real connections on loopback. */
class MeshTlsTest {

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path folder;

  private TlsServer server;

  @BeforeEach
  void serve() throws Exception {
    server = new TlsServer(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void letsAnAllowedCallerCall() throws Exception {
    server.authority().issue(folder.resolve("caller"), CALLER);
    assertThat(askAs("caller", IDENTITY)).isEqualTo("served");
  }

  @Test
  void refusesACallerThatIsNotAllowedAndSaysSo() throws Exception {
    server.authority().issue(folder.resolve("caller"), STRANGER);
    assertThatThrownBy(() -> askAs("caller", IDENTITY))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            refusal -> {
              assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
              assertThat(refusal)
                  .hasMessageContaining(STRANGER)
                  .hasMessageContaining("winnow.mesh.tls.callers");
            });
  }

  @Test
  void refusesACallerWithoutAnIdentity() throws Exception {
    server.authority().issue(folder.resolve("caller"));
    assertRefused(Status.Code.PERMISSION_DENIED, () -> askAs("caller", IDENTITY));
  }

  @Test
  void refusesACertificateOfAnotherAuthority() throws Exception {
    new TestAuthority("other").issue(folder.resolve("caller"), CALLER);
    server.authority().trust(folder.resolve("caller"));
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", IDENTITY));
  }

  @Test
  void refusesAnExpiredCertificate() throws Exception {
    server.authority().issueExpired(folder.resolve("caller"), CALLER);
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", IDENTITY));
  }

  @Test
  void refusesACallerWithoutACertificate() throws Exception {
    File trust = server.files("server").trust().toFile();
    ChannelCredentials nothing = TlsChannelCredentials.newBuilder().trustManager(trust).build();
    assertRefused(Status.Code.UNAVAILABLE, () -> ask(nothing));
  }

  @Test
  void refusesPlainText() {
    assertRefused(Status.Code.UNAVAILABLE, () -> ask(InsecureChannelCredentials.create()));
  }

  @Test
  void callsNobodyButTheServerItMeans() throws Exception {
    server.authority().issue(folder.resolve("caller"), CALLER);
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", STRANGER));
  }

  @Test
  void callsNoServerOfAnotherAuthority() throws Exception {
    server.authority().issue(folder.resolve("caller"), CALLER);
    new TestAuthority("other").trust(folder.resolve("caller"));
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", IDENTITY));
  }

  @Test
  void takesNewFilesWithoutARestart() throws Exception {
    server.authority().issue(folder.resolve("caller"), CALLER);
    TestAuthority next = new TestAuthority("next");
    next.issue(folder.resolve("server"), IDENTITY);
    next.issue(folder.resolve("next caller"), CALLER);
    assertThat(askUntilServed("next caller")).isEqualTo("served");
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", IDENTITY));
  }

  @Test
  void renewsTheCertificateThatACallerShows() throws Exception {
    server.authority().issue(folder.resolve("caller"), STRANGER);
    try (MeshTls tls = MeshTls.open(server.files("caller"))) {
      ChannelCredentials credentials = tls.towards(IDENTITY);
      assertRefused(Status.Code.PERMISSION_DENIED, () -> ask(credentials));
      server.authority().issue(folder.resolve("caller"), CALLER);
      tls.reload();
      assertThat(ask(credentials)).isEqualTo("served");
    }
  }

  @Test
  void keepsTheLastGoodFiles() throws Exception {
    server.authority().issue(folder.resolve("caller"), CALLER);
    // The key first: the files are also read by a timer.
    Files.writeString(server.files("server").key(), "no key");
    new TestAuthority("next").trust(folder.resolve("server"));
    server.tls().reload();
    assertThat(askAs("caller", IDENTITY)).isEqualTo("served");
  }

  @Test
  void takesNoKeyThatDoesNotBelongToItsCertificate() throws Exception {
    server.authority().issue(folder.resolve("caller"), CALLER);
    server.authority().issue(folder.resolve("other"), IDENTITY);
    Files.copy(
        server.files("other").key(),
        server.files("server").key(),
        StandardCopyOption.REPLACE_EXISTING);
    server.tls().reload();
    assertThat(askAs("caller", IDENTITY)).isEqualTo("served");
    assertThatThrownBy(() -> MeshTls.open(server.files("server")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not belong");
  }

  @Test
  void namesTheFileThatIsWrong() throws Exception {
    TlsFiles good = server.files("server");
    Path missing = folder.resolve("missing.pem");
    Path garbage = Files.writeString(folder.resolve("garbage.pem"), "garbage");
    assertWrong("winnow.mesh.tls.certificate is " + missing, missing, good.key(), good.trust());
    assertWrong("winnow.mesh.tls.key " + garbage, good.certificate(), garbage, good.trust());
    assertWrong("winnow.mesh.tls.trust " + garbage, good.certificate(), good.key(), garbage);
  }

  private static void assertWrong(String message, Path certificate, Path key, Path trust) {
    TlsFiles files = new TlsFiles(certificate, key, trust, TlsFiles.LEAST_RELOAD);
    assertThatThrownBy(() -> MeshTls.open(files))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  private String askUntilServed(String name) throws Exception {
    String heard = "";
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!heard.equals("served") && System.nanoTime() < end) {
      try {
        heard = askAs(name, IDENTITY);
      } catch (StatusRuntimeException e) {
        heard = e.getStatus().toString();
      }
    }
    return heard;
  }

  private String askAs(String name, String identity) throws Exception {
    try (MeshTls tls = MeshTls.open(server.files(name))) {
      return ask(tls.towards(identity));
    }
  }

  private String ask(ChannelCredentials credentials) throws InterruptedException {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + server.port(), credentials).build();
    try {
      return CallerName.ask(channel);
    } finally {
      channel.shutdownNow();
      channel.awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  private static void assertRefused(
      Status.Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            refusal -> assertThat(refusal.getStatus().getCode()).isEqualTo(code));
  }
}
