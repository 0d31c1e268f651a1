package io.winnow.runtime.mesh;

import static io.winnow.runtime.mesh.TlsServer.CALLER;
import static io.winnow.runtime.mesh.TlsServer.IDENTITY;
import static io.winnow.runtime.mesh.TlsServer.STRANGER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.util.CertificateUtils;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A TLS session that is resumed skips the certificates: it must not outlive what they said. */
class MeshTlsSessionsTest {

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
  void aChannelShowsItsNewCertificateWhenItConnectsAnew() throws Exception {
    server.authority().issue(folder.resolve("caller"), STRANGER);
    try (MeshTls tls = MeshTls.open(server.files("caller"))) {
      ManagedChannel channel =
          Grpc.newChannelBuilder("127.0.0.1:" + server.port(), tls.towards(IDENTITY)).build();
      try {
        assertThatThrownBy(() -> CallerName.ask(channel))
            .isInstanceOfSatisfying(
                StatusRuntimeException.class,
                refusal ->
                    assertThat(refusal.getStatus().getCode())
                        .isEqualTo(Status.Code.PERMISSION_DENIED));
        server.authority().issue(folder.resolve("caller"), CALLER);
        tls.reload();

        assertThat(askUntilServed(channel)).isEqualTo("served");
      } finally {
        channel.shutdownNow();
        channel.awaitTermination(10, TimeUnit.SECONDS);
      }
    }
  }

  /** Whoever calls decides what it offers to resume; the JVM's own client keeps that for a day. */
  @Test
  void aServerResumesNoSession() throws Exception {
    server.authority().issue(folder.resolve("caller"), CALLER);
    SSLContext context = keepingSessions(server.files("caller"));
    Set<Long> sessions = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      assertThat(sessions.add(sessionBegan(context))).as("connection %d is of its own", i).isTrue();
    }
  }

  private static String askUntilServed(ManagedChannel channel) {
    String heard = "";
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!heard.equals("served") && System.nanoTime() < end) {
      channel.enterIdle(); // the next call connects anew
      try {
        heard = CallerName.ask(channel);
      } catch (StatusRuntimeException e) {
        heard = e.getStatus().toString();
      }
    }
    return heard;
  }

  /** When the session of a new connection was made: earlier than the connection, if resumed. */
  private long sessionBegan(SSLContext context) throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(loopback, server.port())) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      // What lets a client resume comes after the handshake, and before the server's first frame.
      assertThat(socket.getInputStream().read()).isNotNegative();
      return socket.getSession().getCreationTime();
    }
  }

  private static SSLContext keepingSessions(TlsFiles files) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (var key = Files.newInputStream(files.key());
        var chain = Files.newInputStream(files.certificate());
        var trust = Files.newInputStream(files.trust())) {
      store.setKeyEntry(
          "caller",
          CertificateUtils.getPrivateKey(key),
          new char[0],
          CertificateUtils.getX509Certificates(chain));
      store.setCertificateEntry("authority", CertificateUtils.getX509Certificates(trust)[0]);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trusted.getTrustManagers(), new SecureRandom());
    return context;
  }
}
