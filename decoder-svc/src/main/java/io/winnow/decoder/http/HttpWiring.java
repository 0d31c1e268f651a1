package io.winnow.decoder.http;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.winnow.decoder.access.AccessConfig;
import io.winnow.decoder.access.Admission;
import io.winnow.decoder.access.ApiKeyFile;
import io.winnow.decoder.access.ByteBudget;
import io.winnow.decoder.access.Callers;
import io.winnow.decoder.access.Timers;
import io.winnow.decoder.chat.ChatService;
import io.winnow.decoder.fetch.FetchConfig;
import io.winnow.decoder.fetch.Network;
import io.winnow.decoder.fetch.PictureFetcher;
import io.winnow.decoder.fetch.PictureUrls;
import io.winnow.decoder.telemetry.TelemetrySource;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Puts the OpenAI-compatible edge on the service's HTTP server: who asks, when they may, what their
 * pictures are, and then the chat service.
 */
@ApplicationScoped
class HttpWiring {

  private final Vertx vertx;
  private final OpenAiApi api;
  private final KeptConnections connections = new KeptConnections();

  HttpWiring(
      Vertx vertx,
      ChatService chat,
      Admission admission,
      TelemetrySource telemetry,
      HttpConfig http,
      Callers callers,
      FetchConfig fetch) {
    this.vertx = vertx;
    this.api =
        new OpenAiApi(
            http,
            new OpenAiApi.Backend(
                chat,
                callers,
                admission,
                pictures(fetch),
                new ByteBudget(http.maxBufferedSize().asLongValue()),
                telemetry));
  }

  @Produces
  @Singleton
  static Admission admission(AccessConfig access, Vertx vertx) {
    return new Admission(access, timers(vertx));
  }

  void mount(@Observes Router router) {
    connections.mount(router);
    api.mount(router);
  }

  /** The first thing in a stop, and nothing is refused yet. */
  void leave(
      @Observes ShutdownDelayInitiatedEvent stop,
      @ConfigProperty(name = "quarkus.shutdown.delay") Optional<Duration> window) {
    window.ifPresent(given -> connections.leave(vertx, given));
  }

  @PreDestroy
  void close() {
    api.close();
  }

  /** For the gRPC edge too. */
  @Produces
  @Singleton
  static Callers callers(AccessConfig access, Vertx vertx) {
    if (access.keyFile().isEmpty()) {
      return Callers.anyone();
    }
    ApiKeyFile keys = ApiKeyFile.open(access.keyFile().get());
    vertx.setPeriodic(
        access.keyFileReload().toMillis(),
        timer ->
            vertx.executeBlocking(
                () -> {
                  keys.refresh();
                  return null;
                }));
    return keys;
  }

  private PictureUrls pictures(FetchConfig fetch) {
    return fetch.enabled()
        ? new PictureFetcher(fetch, Network.internet(), vertx)
        : PictureUrls.off();
  }

  private static Timers timers(Vertx vertx) {
    return (delay, task) -> {
      long id = vertx.setTimer(delay.toMillis(), timer -> task.run());
      return () -> vertx.cancelTimer(id);
    };
  }
}
