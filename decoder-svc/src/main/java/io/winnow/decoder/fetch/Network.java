package io.winnow.decoder.fetch;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Names and addresses as the fetcher sees them; the seam through which tests use loopback. */
public interface Network {

  /** The addresses of {@code host}; may block. */
  List<InetAddress> resolve(String host) throws UnknownHostException;

  /** Whether {@code address} may be connected to. */
  boolean allows(InetAddress address);

  /** The system's resolver, and public addresses only. */
  static Network internet() {
    return new Network() {
      @Override
      public List<InetAddress> resolve(String host) throws UnknownHostException {
        return List.of(InetAddress.getAllByName(host));
      }

      @Override
      public boolean allows(InetAddress address) {
        return PublicAddresses.contain(address);
      }
    };
  }
}
