package io.winnow.decoder.fetch;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A URL that passed every check that needs no network.
 *
 * @param url as given, or as a redirect named it
 * @param host its host
 * @param port its port, also where the URL has none
 * @param tls whether it is https
 */
record FetchTarget(URI url, String host, int port, boolean tls) {

  /** Which URLs may be fetched. */
  record Rules(HostAllowList hosts, List<Integer> ports) {}

  /**
   * Checks {@code url}.
   *
   * @throws FetchRefusal naming what is wrong
   */
  static FetchTarget of(URI url, Rules rules) throws FetchRefusal {
    String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new FetchRefusal("it is not http or https");
    }
    Optional<String> host = Optional.ofNullable(url.getHost()).filter(name -> !name.isEmpty());
    if (host.isEmpty()) {
      throw new FetchRefusal("it names no host");
    }
    if (url.getRawUserInfo() != null) {
      throw new FetchRefusal("it carries credentials");
    }
    if (!rules.hosts.allows(host.get())) {
      throw new FetchRefusal(
          "host " + host.get() + " is not in the allow-list (winnow.fetch.allowed-hosts)");
    }
    boolean tls = scheme.equals("https");
    int port = url.getPort() >= 0 ? url.getPort() : tls ? 443 : 80;
    if (!rules.ports.contains(port)) {
      throw new FetchRefusal("port " + port + " is not allowed (winnow.fetch.ports)");
    }
    return new FetchTarget(url, host.get(), port, tls);
  }

  /** Where a redirect leads. */
  FetchTarget redirect(String location, Rules rules) throws FetchRefusal {
    URI next;
    try {
      next = url.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new FetchRefusal("it redirects to something that is not a URL");
    }
    FetchTarget target = of(next, rules);
    if (tls && !target.tls) {
      throw new FetchRefusal("it redirects from https to http");
    }
    return target;
  }

  /** Path and query for the request line. */
  String requestUri() {
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    return url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
  }
}
