package io.winnow.decoder.fetch;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.winnow.decoder.access.ByteBudget;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailureException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The fetch of one picture, redirects included. Belongs to the event loop that began it. */
final class Fetch {

  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  /** What all fetches share. */
  record Means(
      HttpClient client,
      WorkerExecutor resolver,
      Network network,
      FetchTarget.Rules rules,
      int maxRedirects,
      long maxBytes) {}

  private final Means means;
  private final PictureLink link;
  private final ByteBudget.Lease lease;
  private final Promise<byte[]> result = Promise.promise();
  private @Nullable HttpClientRequest request;
  private int redirects;

  Fetch(Means means, PictureLink link, ByteBudget.Lease lease) {
    this.means = means;
    this.link = link;
    this.lease = lease;
  }

  PictureLink link() {
    return link;
  }

  /** The picture's bytes, once the future of {@link #begin} has succeeded. */
  byte[] content() {
    return result.future().result();
  }

  Future<byte[]> begin() {
    guarded(() -> get(FetchTarget.of(link.url(), means.rules)));
    return result.future();
  }

  /** Ends it with this reason unless it ended before. */
  void stop(String reason) {
    end(link.refused(reason));
  }

  private void get(FetchTarget target) {
    means
        .resolver
        .executeBlocking(() -> checkedAddress(target), false)
        .compose(address -> means.client.request(options(target, address)))
        .onSuccess(opened -> send(target, opened))
        .onFailure(this::fail);
  }

  private void send(FetchTarget target, HttpClientRequest opened) {
    if (result.future().isComplete()) {
      opened.reset(); // stopped while it was connecting
      return;
    }
    request = opened;
    opened
        .send()
        .onSuccess(response -> guarded(() -> read(target, response)))
        .onFailure(this::fail);
  }

  private void read(FetchTarget target, HttpClientResponse response) throws FetchRefusal {
    int status = response.statusCode();
    if (REDIRECTS.contains(status)) {
      follow(target, response);
      return;
    }
    if (status != 200) {
      throw new FetchRefusal("its host answered with status " + status);
    }
    String encoding = response.getHeader(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      throw new FetchRefusal("it comes with Content-Encoding " + encoding);
    }
    Buffer body = Buffer.buffer();
    response.exceptionHandler(this::fail);
    response.endHandler(end -> result.tryComplete(body.getBytes()));
    response.handler(chunk -> take(body, chunk));
  }

  private void take(Buffer body, Buffer chunk) {
    if (result.future().isComplete()) {
      return;
    }
    if (body.length() + (long) chunk.length() > means.maxBytes) {
      stop("it is larger than %d bytes (winnow.fetch.max-picture-size)".formatted(means.maxBytes));
    } else if (!lease.reserve(chunk.length())) {
      String message = "Too many bytes of requests are in memory. Try again later.";
      end(ChatFailure.of(ChatFailure.Reason.OVERLOADED, message));
    } else {
      body.appendBuffer(chunk);
    }
  }

  private void follow(FetchTarget from, HttpClientResponse response) throws FetchRefusal {
    String location = response.getHeader(HttpHeaders.LOCATION);
    if (location == null) {
      throw new FetchRefusal("it redirects to nowhere");
    }
    if (++redirects > means.maxRedirects) {
      throw new FetchRefusal("it redirects more than " + means.maxRedirects + " times");
    }
    FetchTarget to = from.redirect(location, means.rules);
    response.request().reset(); // whatever else the redirect would send is of no use
    get(to);
  }

  private InetAddress checkedAddress(FetchTarget target) throws FetchRefusal {
    List<InetAddress> addresses;
    try {
      addresses = means.network.resolve(target.host());
    } catch (UnknownHostException e) {
      throw new FetchRefusal("host " + target.host() + " is not known");
    }
    if (addresses.isEmpty() || !addresses.stream().allMatch(means.network::allows)) {
      throw new FetchRefusal("host " + target.host() + " is not at a public address");
    }
    return addresses.get(0);
  }

  private static RequestOptions options(FetchTarget target, InetAddress address) {
    // server is where the connection goes; host stays the name for TLS and the Host header.
    return new RequestOptions()
        .setServer(SocketAddress.inetSocketAddress(new InetSocketAddress(address, target.port())))
        .setHost(target.host())
        .setPort(target.port())
        .setSsl(target.tls())
        .setURI(target.requestUri())
        .setFollowRedirects(false)
        .putHeader(HttpHeaders.ACCEPT, "image/*")
        .putHeader(HttpHeaders.USER_AGENT, "winnow");
  }

  private void guarded(Step step) {
    try {
      step.run();
    } catch (FetchRefusal e) {
      fail(e);
    }
  }

  private void fail(Throwable failure) {
    // Whatever else the network says is about hosts that are none of the caller's business.
    String reason =
        failure instanceof FetchRefusal refusal ? refusal.reason() : "its host did not deliver";
    stop(reason);
  }

  private void end(ChatFailure failure) {
    if (result.tryFail(new ChatFailureException(failure)) && request != null) {
      request.reset();
    }
  }

  private interface Step {
    void run() throws FetchRefusal;
  }
}
