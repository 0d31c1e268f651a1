package io.winnow.tracing;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.stream.Collectors;

/** Keeps traces where that is switched on, and serves them on the service's HTTP port. */
@ApplicationScoped
final class TracingWiring {

  private static final String PATH = "/winnow/traces";

  @Produces
  @Singleton
  TraceStore store(TracesConfig config) {
    return new TraceStore(config.storeBytes().asLongValue());
  }

  void mount(@Observes Router router, TraceStore store) {
    if (store.isOn()) {
      router.get(PATH).handler(routing -> list(routing, store));
      router.get(PATH + "/:id").handler(routing -> one(routing, store));
    }
  }

  private static void list(RoutingContext routing, TraceStore store) {
    String ids =
        store.ids().stream()
            .map(id -> '"' + id + '"')
            .collect(Collectors.joining(",", "{\"traces\":[", "]}"));
    send(routing, Buffer.buffer(ids));
  }

  private static void one(RoutingContext routing, TraceStore store) {
    Optional<byte[]> trace = store.json(routing.pathParam("id"));
    if (trace.isEmpty()) {
      routing.response().setStatusCode(404);
      send(routing, Buffer.buffer("{\"error\":{\"message\":\"no such trace is held\"}}"));
    } else {
      send(routing, Buffer.buffer(trace.get()));
    }
  }

  private static void send(RoutingContext routing, Buffer body) {
    var unused =
        routing.response().putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(body);
  }
}
