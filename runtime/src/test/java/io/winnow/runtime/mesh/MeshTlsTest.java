package io.winnow.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyServerBuilder;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server and real connections on loopback. */
class MeshTlsTest {

  private static final String SERVER = "spiffe://winnow/ns/test/sa/pruner-svc";
  private static final String CALLER = "spiffe://winnow/ns/test/sa/decoder-svc";
  private static final String STRANGER = "spiffe://winnow/ns/test/sa/stranger";
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final TestAuthority authority = new TestAuthority("mesh");

  @TempDir Path folder;

  private MeshTls serverTls;
  private Server server;

  @BeforeEach
  void serve() throws Exception {
    authority.issue(folder.resolve("server"), SERVER);
    serverTls = MeshTls.open(files("server"));
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    serverTls.secure(builder, Set.of(CALLER));
    server = builder.addService(CallerName.answering("served")).build().start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
    serverTls.close();
  }

  @Test
  void letsAnAllowedCallerCall() throws Exception {
    authority.issue(folder.resolve("caller"), CALLER);
    assertThat(askAs("caller", SERVER)).isEqualTo("served");
  }

  @Test
  void refusesACallerThatIsNotAllowedAndSaysSo() throws Exception {
    authority.issue(folder.resolve("caller"), STRANGER);
    assertThatThrownBy(() -> askAs("caller", SERVER))
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
    authority.issue(folder.resolve("caller"));
    assertRefused(Status.Code.PERMISSION_DENIED, () -> askAs("caller", SERVER));
  }

  @Test
  void refusesACertificateOfAnotherAuthority() throws Exception {
    new TestAuthority("other").issue(folder.resolve("caller"), CALLER);
    authority.trust(folder.resolve("caller"));
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", SERVER));
  }

  @Test
  void refusesAnExpiredCertificate() throws Exception {
    authority.issueExpired(folder.resolve("caller"), CALLER);
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", SERVER));
  }

  @Test
  void refusesACallerWithoutACertificate() throws Exception {
    File trust = files("server").trust().toFile();
    ChannelCredentials nothing = TlsChannelCredentials.newBuilder().trustManager(trust).build();
    assertRefused(Status.Code.UNAVAILABLE, () -> ask(nothing));
  }

  @Test
  void refusesPlainText() {
    assertRefused(Status.Code.UNAVAILABLE, () -> ask(InsecureChannelCredentials.create()));
  }

  @Test
  void callsNobodyButTheServerItMeans() throws Exception {
    authority.issue(folder.resolve("caller"), CALLER);
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", STRANGER));
  }

  @Test
  void callsNoServerOfAnotherAuthority() throws Exception {
    authority.issue(folder.resolve("caller"), CALLER);
    new TestAuthority("other").trust(folder.resolve("caller"));
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", SERVER));
  }

  @Test
  void takesNewFilesWithoutARestart() throws Exception {
    authority.issue(folder.resolve("caller"), CALLER);
    TestAuthority next = new TestAuthority("next");
    next.issue(folder.resolve("server"), SERVER);
    next.issue(folder.resolve("next caller"), CALLER);
    assertThat(askUntilServed("next caller")).isEqualTo("served");
    assertRefused(Status.Code.UNAVAILABLE, () -> askAs("caller", SERVER));
  }

  @Test
  void renewsTheCertificateThatACallerShows() throws Exception {
    authority.issue(folder.resolve("caller"), STRANGER);
    try (MeshTls tls = MeshTls.open(files("caller"))) {
      ChannelCredentials credentials = tls.towards(SERVER);
      assertRefused(Status.Code.PERMISSION_DENIED, () -> ask(credentials));
      authority.issue(folder.resolve("caller"), CALLER);
      tls.reload();
      assertThat(ask(credentials)).isEqualTo("served");
    }
  }

  @Test
  void keepsTheLastGoodFiles() throws Exception {
    authority.issue(folder.resolve("caller"), CALLER);
    new TestAuthority("next").trust(folder.resolve("server"));
    Files.writeString(files("server").key(), "no key");
    serverTls.reload();
    assertThat(askAs("caller", SERVER)).isEqualTo("served");
  }

  @Test
  void takesNoKeyThatDoesNotBelongToItsCertificate() throws Exception {
    authority.issue(folder.resolve("caller"), CALLER);
    authority.issue(folder.resolve("other"), SERVER);
    Files.copy(files("other").key(), files("server").key(), StandardCopyOption.REPLACE_EXISTING);
    serverTls.reload();
    assertThat(askAs("caller", SERVER)).isEqualTo("served");
    assertThatThrownBy(() -> MeshTls.open(files("server")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not belong");
  }

  @Test
  void namesTheFileThatIsWrong() throws Exception {
    TlsFiles good = files("server");
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

  private TlsFiles files(String name) {
    Path own = folder.resolve(name);
    return new TlsFiles(
        own.resolve("certificate.pem"),
        own.resolve("key.pem"),
        own.resolve("trust.pem"),
        TlsFiles.LEAST_RELOAD);
  }

  private String askUntilServed(String name) throws Exception {
    String heard = "";
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!heard.equals("served") && System.nanoTime() < end) {
      try {
        heard = askAs(name, SERVER);
      } catch (StatusRuntimeException e) {
        heard = e.getStatus().toString();
      }
    }
    return heard;
  }

  private String askAs(String name, String server) throws Exception {
    try (MeshTls tls = MeshTls.open(files(name))) {
      return ask(tls.towards(server));
    }
  }

  private String ask(ChannelCredentials credentials) throws InterruptedException {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + server.getPort(), credentials).build();
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
