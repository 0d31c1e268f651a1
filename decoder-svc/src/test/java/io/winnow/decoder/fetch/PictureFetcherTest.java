package io.winnow.decoder.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.winnow.decoder.access.ByteBudget;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.ChatMessage.PictureFile;
import io.winnow.decoder.chat.ChatMessage.PictureUrl;
import io.winnow.decoder.chat.ChatMessage.Role;
import io.winnow.decoder.chat.ChatMessage.Text;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The names here exist only in the test's resolver: what is reached is reached by its address. */
@Timeout(120)
final class PictureFetcherTest {

  private static final byte[] PICTURE = {1, 2, 3, 4, 5};
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final Vertx vertx = Vertx.vertx();
  private final Map<String, Consumer<HttpServerRequest>> paths = new HashMap<>();
  private final Map<String, List<InetAddress>> names = new HashMap<>();
  private final ConcurrentLinkedQueue<String> hostsAsked = new ConcurrentLinkedQueue<>();
  private final ByteBudget budget = new ByteBudget(100);
  private final HttpServer server =
      vertx
          .createHttpServer()
          .requestHandler(
              request -> {
                hostsAsked.add(request.authority().toString());
                paths.get(request.path()).accept(request);
              })
          .listen(0, "127.0.0.1")
          .toCompletionStage()
          .toCompletableFuture()
          .join();

  PictureFetcherTest() {
    names.put("cats.example", List.of(LOOPBACK));
    paths.put("/cat.png", request -> request.response().end(Buffer.buffer(PICTURE)));
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void replacesUrlsByPicturesAndLeavesTheRest() {
    PictureFile own = new PictureFile(new byte[] {9});
    List<ChatMessage> messages =
        List.of(
            new ChatMessage(Role.SYSTEM, List.of(new Text("Be brief."))),
            new ChatMessage(
                Role.USER,
                List.of(
                    own, new PictureUrl(uri("/cat.png?size=1"), Detail.HIGH), new Text("What?"))));

    List<ChatMessage> fetched = fetch(Map.of(), messages);

    assertThat(fetched.get(0)).isEqualTo(messages.get(0));
    List<ChatMessage.Part> parts = fetched.get(1).parts();
    assertThat(parts.get(0)).isSameAs(own);
    assertThat(((PictureFile) parts.get(1)).content()).isEqualTo(PICTURE);
    assertThat(((PictureFile) parts.get(1)).detail()).isEqualTo(Detail.HIGH);
    assertThat(parts.get(2)).isEqualTo(new Text("What?"));
    assertThat(hostsAsked).containsExactly("cats.example:" + server.actualPort());
    assertThat(budget.free()).isEqualTo(95);
  }

  @Test
  void doesNothingWithoutUrls() {
    List<ChatMessage> messages = List.of(new ChatMessage(Role.USER, List.of(new Text("Hi"))));

    assertThat(fetch(Map.of(), messages)).isSameAs(messages);
  }

  @Test
  void followsRedirects() {
    redirect("/a", "/b");
    redirect("/b", "http://cats.example:" + server.actualPort() + "/c");
    redirect("/c", "cat.png");

    assertThat(content("/a")).isEqualTo(PICTURE);
  }

  @Test
  void followsAtMostThreeRedirects() {
    redirect("/loop", "/loop");

    assertRefused("/loop", "more than 3 times");
    assertThat(hostsAsked).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://dogs.example/a | not in the allow-list",
        "http://me:secret@cats.example/a | credentials",
        "http://cats.example:81/a | port 81",
        "https://cats.example/a | port 443",
        "ftp://cats.example/a | not http",
        "file:///etc/passwd | not http",
        "http:///a | no host",
        "http://inside.cats.example/a | not in the allow-list",
      })
  void checksEveryUrlAlsoThoseOfRedirects(String url, String hint) {
    redirect("/away", url);

    assertThat(refusal(URI.create(url)).message()).contains(hint).doesNotContain("secret");
    assertThat(refusal(uri("/away")).message()).contains(hint).doesNotContain("secret");
    assertThat(hostsAsked).hasSize(1);
  }

  @Test
  void connectsOnlyWhereEveryAddressIsAllowed() throws UnknownHostException {
    InetAddress metadata = InetAddress.getByName("169.254.169.254");
    names.put("cats.example", List.of(LOOPBACK, metadata));

    assertRefused("/cat.png", "not at a public address");
    names.put("cats.example", List.of());
    assertRefused("/cat.png", "not at a public address");
    names.remove("cats.example");
    assertRefused("/cat.png", "not known");
    assertThat(hostsAsked).isEmpty();
  }

  @Test
  void refusesLoopbackOnTheRealNetwork() {
    ChatFailure failure =
        failure(
            new PictureFetcher(
                config(Map.of("winnow.fetch.allowed-hosts", "localhost")),
                Network.internet(),
                vertx),
            URI.create("http://localhost:" + server.actualPort() + "/cat.png"));

    assertThat(failure.message()).contains("not at a public address");
    assertThat(hostsAsked).isEmpty();
  }

  @Test
  void resolvesANameOnceForEachHop() {
    List<String> asked = new ArrayList<>();
    Network rebinding =
        new Network() {
          @Override
          public List<InetAddress> resolve(String host) throws UnknownHostException {
            asked.add(host);
            return List.of(asked.size() == 1 ? LOOPBACK : InetAddress.getByName("10.0.0.1"));
          }

          @Override
          public boolean allows(InetAddress address) {
            return address.isLoopbackAddress();
          }
        };

    List<ChatMessage> fetched =
        join(new PictureFetcher(config(Map.of()), rebinding, vertx), message(uri("/cat.png")));

    assertThat(((PictureFile) fetched.get(0).parts().get(0)).content()).isEqualTo(PICTURE);
    assertThat(asked).hasSize(1);
  }

  @Test
  void boundsThePicture() {
    paths.put(
        "/large",
        request -> {
          request.response().setChunked(true).write("x".repeat(15));
          request.response().end("x".repeat(15));
        });

    assertRefused("/large", "larger than 20 bytes");
    assertThat(budget.free()).isEqualTo(100);
  }

  @Test
  void boundsAllPicturesTogether() {
    assertThat(budget.lease().reserve(98)).isTrue();

    assertThat(refusal(uri("/cat.png")).reason()).isEqualTo(Reason.OVERLOADED);
  }

  @Test
  void boundsTheTime() {
    paths.put("/never", request -> {});
    paths.put("/trickle", request -> request.response().setChunked(true).write("x"));
    Map<String, String> impatient = Map.of("winnow.fetch.timeout", "200ms");

    assertThat(failure(fetcher(impatient), uri("/never")).message()).contains("too long");
    assertThat(failure(fetcher(impatient), uri("/trickle")).message()).contains("too long");
  }

  @Test
  void boundsTheNumberOfPictures() {
    List<ChatMessage.Part> parts = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      parts.add(new PictureUrl(uri("/cat.png")));
    }

    ChatFailure failure = failure(fetcher(Map.of()), List.of(new ChatMessage(Role.USER, parts)));

    assertThat(failure.message()).contains("at most 8");
    assertThat(failure.param()).contains("messages[0].content[8].image_url.url");
  }

  @Test
  void saysWhatTheHostAnswered() {
    paths.put("/missing", request -> request.response().setStatusCode(404).end());
    paths.put(
        "/zipped", request -> request.response().putHeader("content-encoding", "gzip").end("x"));
    paths.put("/nowhere", request -> request.response().setStatusCode(302).end());
    paths.put("/broken", request -> request.connection().close());
    paths.put(
        "/cut",
        request -> {
          request.response().putHeader("content-length", "10").write("x");
          request.connection().close();
        });

    assertRefused("/missing", "status 404");
    assertRefused("/zipped", "Content-Encoding gzip");
    assertRefused("/nowhere", "redirects to nowhere");
    assertRefused("/broken", "did not deliver");
    assertRefused("/cut", "did not deliver");
  }

  private void redirect(String from, String to) {
    paths.put(
        from, request -> request.response().setStatusCode(302).putHeader("location", to).end());
  }

  private void assertRefused(String path, String hint) {
    ChatFailure failure = refusal(uri(path));
    assertThat(failure.reason()).isEqualTo(Reason.PICTURE_URL_REFUSED);
    assertThat(failure.message()).contains(hint);
    assertThat(failure.param()).contains("messages[0].content[0].image_url.url");
  }

  private ChatFailure refusal(URI url) {
    return failure(fetcher(Map.of()), url);
  }

  private ChatFailure failure(PictureFetcher fetcher, URI url) {
    return failure(fetcher, message(url));
  }

  private ChatFailure failure(PictureFetcher fetcher, List<ChatMessage> messages) {
    try {
      join(fetcher, messages);
    } catch (CompletionException e) {
      return ((ChatFailureException) e.getCause()).failure();
    }
    throw new AssertionError("it was fetched");
  }

  private byte[] content(String path) {
    return ((PictureFile) fetch(Map.of(), message(uri(path))).get(0).parts().get(0)).content();
  }

  private List<ChatMessage> fetch(Map<String, String> settings, List<ChatMessage> messages) {
    return join(fetcher(settings), messages);
  }

  private List<ChatMessage> join(PictureFetcher fetcher, List<ChatMessage> messages) {
    CompletableFuture<List<ChatMessage>> done = new CompletableFuture<>();
    Context eventLoop = vertx.getOrCreateContext();
    eventLoop.runOnContext(
        unused -> {
          ByteBudget.Lease lease = budget.lease();
          Promise<List<ChatMessage>> promise = Promise.promise();
          promise
              .future()
              .onFailure(failure -> lease.close())
              .onSuccess(done::complete)
              .onFailure(done::completeExceptionally);
          fetcher.fetch(messages, lease).onComplete(promise);
        });
    return done.join();
  }

  private PictureFetcher fetcher(Map<String, String> settings) {
    return new PictureFetcher(config(settings), new TestNetwork(), vertx);
  }

  private FetchConfig config(Map<String, String> settings) {
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(FetchConfig.class)
            .withDefaultValue("winnow.fetch.allowed-hosts", "cats.example")
            .withDefaultValue("winnow.fetch.max-picture-size", "20")
            .withDefaultValue("winnow.fetch.ports", String.valueOf(server.actualPort()));
    settings.forEach(builder::withDefaultValue);
    return builder.build().getConfigMapping(FetchConfig.class);
  }

  private URI uri(String path) {
    return URI.create("http://cats.example:" + server.actualPort() + path);
  }

  private static List<ChatMessage> message(URI url) {
    return List.of(new ChatMessage(Role.USER, List.of(new PictureUrl(url))));
  }

  private final class TestNetwork implements Network {

    @Override
    public List<InetAddress> resolve(String host) throws UnknownHostException {
      if (!names.containsKey(host)) {
        throw new UnknownHostException(host);
      }
      return names.get(host);
    }

    @Override
    public boolean allows(InetAddress address) {
      return address.isLoopbackAddress();
    }
  }
}
