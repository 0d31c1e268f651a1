package io.winnow.runtime.mesh;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Set;

/**
 * A real server on loopback that answers whether a caller was served, with mutual TLS from files in
 * a folder: its own are in {@code server}.
 */
final class TlsServer implements AutoCloseable {

  static final String IDENTITY = "spiffe://winnow/ns/test/sa/pruner-svc";

  /** The only one that is allowed to call. */
  static final String CALLER = "spiffe://winnow/ns/test/sa/decoder-svc";

  static final String STRANGER = "spiffe://winnow/ns/test/sa/stranger";

  private final TestAuthority authority = new TestAuthority("mesh");
  private final Path folder;
  private final MeshTls tls;
  private final Server server;

  TlsServer(Path folder) throws Exception {
    this.folder = folder;
    authority.issue(folder.resolve("server"), IDENTITY);
    tls = MeshTls.open(files("server"));
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    tls.secure(builder, Set.of(CALLER));
    server = builder.addService(CallerName.answering("served")).build().start();
  }

  /** Whose certificates the server takes. */
  TestAuthority authority() {
    return authority;
  }

  MeshTls tls() {
    return tls;
  }

  int port() {
    return server.getPort();
  }

  /** The files of this name in the folder; they need not exist yet. */
  TlsFiles files(String name) {
    Path own = folder.resolve(name);
    return new TlsFiles(
        own.resolve("certificate.pem"),
        own.resolve("key.pem"),
        own.resolve("trust.pem"),
        TlsFiles.LEAST_RELOAD);
  }

  @Override
  public void close() {
    server.shutdownNow();
    tls.close();
  }
}
