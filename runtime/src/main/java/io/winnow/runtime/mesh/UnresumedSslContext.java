package io.winnow.runtime.mesh;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.SslContext;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSessionContext;

/**
 * Gives each connection a context of its own, so that no TLS session is resumed: certificates are
 * not checked again when one is, and a caller would outlive its certificate or its authority by a
 * day. The JVM cannot be told otherwise for one context: its tickets have no timeout of their own.
 * Thread-safe.
 */
final class UnresumedSslContext extends SslContext {

  private final Supplier<SslContext> make;
  private final SslContext first;

  /**
   * Wraps contexts that differ in nothing.
   *
   * @param make called for each connection
   */
  UnresumedSslContext(Supplier<SslContext> make) {
    this.make = make;
    this.first = make.get();
  }

  @Override
  public boolean isClient() {
    return first.isClient();
  }

  @Override
  public List<String> cipherSuites() {
    return first.cipherSuites();
  }

  @Override
  @SuppressWarnings("deprecation") // the method is not, only its type
  public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
    return first.applicationProtocolNegotiator();
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator) {
    return make.get().newEngine(allocator);
  }

  @Override
  public SSLEngine newEngine(ByteBufAllocator allocator, String peerHost, int peerPort) {
    return make.get().newEngine(allocator, peerHost, peerPort);
  }

  @Override
  public SSLSessionContext sessionContext() {
    return first.sessionContext();
  }
}
