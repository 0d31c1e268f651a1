package io.winnow.decoder.http;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.winnow.decoder.access.AccessConfig;
import io.winnow.decoder.access.Admission;
import io.winnow.decoder.access.ByteBudget;
import io.winnow.decoder.access.Callers;
import io.winnow.decoder.access.Timers;
import io.winnow.decoder.chat.FakeChatService;
import io.winnow.decoder.fetch.PictureUrls;
import io.winnow.decoder.telemetry.TelemetrySource;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The API on a real server at an ephemeral loopback port, over a {@link FakeChatService}. */
final class ApiServer implements AutoCloseable {

  static final String CHAT = "/v1/chat/completions";

  final FakeChatService chat = new FakeChatService();
  final Admission admission;
  final ByteBudget budget;

  private final Vertx vertx = Vertx.vertx();
  private final KeptConnections connections = new KeptConnections();
  private final OpenAiApi api;
  private final HttpServer server;
  private final HttpClient client = client(HttpClient.Version.HTTP_1_1);

  private ApiServer(Map<String, String> settings, Callers callers, PictureUrls pictures) {
    HttpConfig config = config(HttpConfig.class, settings);
    this.admission = new Admission(config(AccessConfig.class, settings), timers(vertx));
    this.budget = new ByteBudget(config.maxBufferedSize().asLongValue());
    this.api =
        new OpenAiApi(
            config,
            new OpenAiApi.Backend(
                chat, callers, admission, pictures, budget, TelemetrySource.NONE));
    Router router = Router.router(vertx);
    connections.mount(router);
    api.mount(router);
    this.server =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
  }

  static ApiServer start() {
    return start(Map.of());
  }

  static ApiServer start(Map<String, String> settings) {
    return new ApiServer(settings, Callers.anyone(), PictureUrls.off());
  }

  static ApiServer start(Map<String, String> settings, Callers callers) {
    return new ApiServer(settings, callers, PictureUrls.off());
  }

  static ApiServer start(PictureUrls pictures) {
    return new ApiServer(Map.of(), Callers.anyone(), pictures);
  }

  static <T> T config(Class<T> type, Map<String, String> settings) {
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder().addDiscoveredConverters().withMapping(type);
    settings.forEach(builder::withDefaultValue);
    return builder.build().getConfigMapping(type);
  }

  static HttpClient client(HttpClient.Version version) {
    return HttpClient.newBuilder().version(version).build();
  }

  /** As at the beginning of a stop. */
  void leave(Duration window) {
    connections.leave(vertx, window);
  }

  int port() {
    return server.actualPort();
  }

  String url() {
    return "http://127.0.0.1:" + port();
  }

  HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create(url() + path));
  }

  HttpResponse<String> post(String body) {
    return postAsync(body).join();
  }

  CompletableFuture<HttpResponse<String>> postAsync(String body) {
    return sendAsync(to(CHAT).header("content-type", "application/json"), body);
  }

  HttpResponse<String> send(HttpRequest.Builder request, String body) {
    return sendAsync(request, body).join();
  }

  CompletableFuture<HttpResponse<String>> sendAsync(HttpRequest.Builder request, String body) {
    return client.sendAsync(
        request.POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
  }

  HttpResponse<String> sendBytes(HttpRequest.Builder request, byte[] body) {
    return client
        .sendAsync(request.POST(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofString())
        .join();
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    return client.sendAsync(request.build(), BodyHandlers.ofString()).join();
  }

  HttpResponse<String> get(String path) {
    return send(to(path));
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
    api.close();
    chat.close();
  }

  private static Timers timers(Vertx vertx) {
    return (delay, task) -> {
      long id = vertx.setTimer(delay.toMillis(), unused -> task.run());
      return () -> vertx.cancelTimer(id);
    };
  }
}
