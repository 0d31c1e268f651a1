package io.winnow.decoder.fetch;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.winnow.decoder.access.ByteBudget;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatMessage.Part;
import io.winnow.decoder.chat.ChatMessage.PictureFile;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Fetches pictures from allowed hosts at public addresses. Every address of a host is checked and
 * the connection goes to a checked address, under the host's name: a name that changes its address
 * in between gains nothing. Call it on an event loop.
 */
public final class PictureFetcher implements PictureUrls {

  private static final int RESOLVER_THREADS = 4;

  private final Fetch.Means means;
  private final FetchConfig config;
  private final Vertx vertx;

  /**
   * @throws IllegalArgumentException if no or a malformed host is allowed
   */
  public PictureFetcher(FetchConfig config, Network network, Vertx vertx) {
    this.config = config;
    this.vertx = vertx;
    HttpClient client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setKeepAlive(false)
                .setConnectTimeout(Math.toIntExact(config.timeout().toMillis())));
    WorkerExecutor resolver = vertx.createSharedWorkerExecutor("winnow-dns", RESOLVER_THREADS);
    FetchTarget.Rules rules =
        new FetchTarget.Rules(
            new HostAllowList(config.allowedHosts().orElse(List.of())), config.ports());
    this.means =
        new Fetch.Means(
            client,
            resolver,
            network,
            rules,
            config.maxRedirects(),
            config.maxPictureSize().asLongValue());
  }

  @Override
  public Future<List<ChatMessage>> fetch(List<ChatMessage> messages, ByteBudget.Lease lease) {
    List<PictureLink> links = PictureLink.of(messages);
    if (links.isEmpty()) {
      return Future.succeededFuture(messages);
    }
    if (links.size() > config.maxPictures()) {
      PictureLink first = links.get(config.maxPictures());
      return Future.failedFuture(
          new ChatFailureException(
              first.refused(
                  "a request may name at most " + config.maxPictures() + " picture URLs")));
    }
    List<Fetch> fetches = links.stream().map(link -> new Fetch(means, link, lease)).toList();
    long timer =
        vertx.setTimer(
            config.timeout().toMillis(),
            expired -> fetches.forEach(fetch -> fetch.stop("it took too long")));
    return Future.all(fetches.stream().map(Fetch::begin).toList())
        .onComplete(
            done -> {
              vertx.cancelTimer(timer);
              fetches.forEach(fetch -> fetch.stop("another picture failed"));
            })
        .map(done -> replaced(messages, fetches));
  }

  private static List<ChatMessage> replaced(List<ChatMessage> messages, List<Fetch> fetches) {
    List<List<Part>> parts = new ArrayList<>(messages.size());
    messages.forEach(message -> parts.add(new ArrayList<>(message.parts())));
    for (Fetch fetch : fetches) {
      PictureLink link = fetch.link();
      parts.get(link.message()).set(link.part(), new PictureFile(fetch.content(), link.detail()));
    }
    return IntStream.range(0, messages.size())
        .mapToObj(i -> new ChatMessage(messages.get(i).role(), parts.get(i)))
        .toList();
  }
}
