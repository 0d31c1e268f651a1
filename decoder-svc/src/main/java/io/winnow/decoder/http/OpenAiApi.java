package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.winnow.decoder.access.Admission;
import io.winnow.decoder.access.BearerKey;
import io.winnow.decoder.access.ByteBudget;
import io.winnow.decoder.access.Callers;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatService;
import io.winnow.decoder.chat.ChatService.ServedModel;
import io.winnow.decoder.fetch.PictureUrls;
import io.winnow.decoder.telemetry.TelemetrySource;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The OpenAI-compatible API: /v1/chat/completions and /v1/models. Mounted on a router, it answers
 * every request that no other route took, with OpenAI's error body where it has no answer.
 */
public final class OpenAiApi implements AutoCloseable {

  private static final String CHAT = "/v1/chat/completions";
  private static final String MODELS = "/v1/models";
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /**
   * What the API is an edge of.
   *
   * @param chat answers conversations
   * @param callers tells who is asking
   * @param admission decides when they may
   * @param pictures fetches pictures by URL
   * @param budget bounds the bytes held for all requests
   * @param telemetry hears what happens to each answer
   */
  public record Backend(
      ChatService chat,
      Callers callers,
      Admission admission,
      PictureUrls pictures,
      ByteBudget budget,
      TelemetrySource telemetry) {}

  private final RequestJson json = new RequestJson();
  private final Backend backend;
  private final ChatEndpoint endpoint;
  private final RequestBody.Limits bodyLimits;
  private final Duration stallTimeout;
  private final ThreadPoolExecutor workers;

  public OpenAiApi(HttpConfig config, Backend backend) {
    this.backend = backend;
    this.bodyLimits =
        new RequestBody.Limits(config.maxBodySize().asLongValue(), config.bodyTimeout());
    this.stallTimeout = config.stallTimeout();
    this.workers =
        new ThreadPoolExecutor(
            config.workers(),
            config.workers(),
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(config.workerQueue()),
            task -> new Thread(task, "winnow-http"));
    this.endpoint =
        new ChatEndpoint(
            backend.chat,
            backend.admission,
            backend.pictures,
            backend.budget,
            workers,
            new ChatCompletionParser(config.answerTimeout()),
            json,
            Clock.systemUTC(),
            backend.telemetry);
  }

  /** Adds the routes. */
  public void mount(Router router) {
    route(router, CHAT, HttpMethod.POST, this::chat);
    route(router, MODELS, HttpMethod.GET, this::models);
    route(router, MODELS + "/*", HttpMethod.GET, this::model);
    router.route().last().handler(this::unknown).failureHandler(this::failed);
  }

  /** Stops the threads; answers under way are the service's to end. */
  @Override
  public void close() {
    workers.shutdown();
  }

  private void route(
      Router router, String path, HttpMethod method, Consumer<RoutingContext> handler) {
    router.route(path).method(method).handler(handler::accept).failureHandler(this::failed);
    router
        .route(path)
        .handler(
            routing -> {
              routing.response().putHeader(HttpHeaders.ALLOW, method.name());
              String asked = routing.request().method().name();
              refuse(
                  routing,
                  ApiErrors.methodNotAllowed(asked, routing.request().path(), method.name()));
            })
        .failureHandler(this::failed);
  }

  private void chat(RoutingContext routing) {
    Optional<String> caller = caller(routing);
    Optional<ApiError> unreadable = unreadable(routing);
    if (caller.isEmpty()) {
      refuse(routing, unauthenticated(routing));
    } else if (unreadable.isPresent()) {
      refuse(routing, unreadable.get());
    } else {
      Exchange exchange = exchange(routing);
      new ChatCall(endpoint, exchange, caller.get()).begin(new RequestBody(exchange, bodyLimits));
    }
  }

  private void models(RoutingContext routing) {
    if (caller(routing).isEmpty()) {
      refuse(routing, unauthenticated(routing));
      return;
    }
    ObjectNode list = NODES.objectNode().put("object", "list");
    ArrayNode data = list.putArray("data");
    backend.chat.models().forEach(model -> data.add(model(model)));
    exchange(routing).send(200, list);
  }

  private void model(RoutingContext routing) {
    if (caller(routing).isEmpty()) {
      refuse(routing, unauthenticated(routing));
      return;
    }
    String name = decoded(routing.request().path()).substring(MODELS.length() + 1);
    Optional<ServedModel> found =
        backend.chat.models().stream().filter(model -> model.name().equals(name)).findFirst();
    if (found.isPresent()) {
      exchange(routing).send(200, model(found.get()));
    } else {
      String message = "The model '" + name + "' does not exist.";
      refuse(
          routing,
          ApiErrors.of(ChatFailure.of(ChatFailure.Reason.MODEL_NOT_FOUND, message, "model")));
    }
  }

  private void unknown(RoutingContext routing) {
    refuse(
        routing,
        ApiErrors.unknownRoute(routing.request().method().name(), routing.request().path()));
  }

  private void failed(RoutingContext routing) {
    Exchange exchange = exchange(routing);
    exchange.fail(ChatEndpoint.error(routing.failure(), exchange.requestId()));
  }

  /** Answers without reading the body. */
  private void refuse(RoutingContext routing, ApiError error) {
    Exchange exchange = exchange(routing);
    new RequestBody(exchange, bodyLimits).discard();
    exchange.fail(error);
  }

  private Exchange exchange(RoutingContext routing) {
    return Exchange.of(routing, json, stallTimeout);
  }

  private Optional<String> caller(RoutingContext routing) {
    return backend.callers.identify(key(routing));
  }

  private static Optional<String> key(RoutingContext routing) {
    return BearerKey.of(routing.request().getHeader(HttpHeaders.AUTHORIZATION));
  }

  private static ApiError unauthenticated(RoutingContext routing) {
    String message = BearerKey.refusal(key(routing));
    return ApiErrors.of(ChatFailure.of(ChatFailure.Reason.UNAUTHENTICATED, message));
  }

  /** Why a body of this type is not read; no Content-Type counts as JSON. */
  private static Optional<ApiError> unreadable(RoutingContext routing) {
    String encoding = routing.request().getHeader(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      return Optional.of(
          ApiErrors.unsupportedMediaType("Content-Encoding " + encoding + " is not supported."));
    }
    String header = routing.request().getHeader(HttpHeaders.CONTENT_TYPE);
    if (header == null) {
      return Optional.empty();
    }
    String type = header.toLowerCase(Locale.ROOT).replace(" ", "").replace("\"", "");
    boolean json = type.equals("application/json") || type.equals("application/json;charset=utf-8");
    return json
        ? Optional.empty()
        : Optional.of(
            ApiErrors.unsupportedMediaType(
                "Content-Type must be application/json in UTF-8, not " + header + "."));
  }

  private static ObjectNode model(ServedModel model) {
    return NODES
        .objectNode()
        .put("id", model.name())
        .put("object", "model")
        .put("created", model.createdEpochSecond())
        .put("owned_by", "winnow")
        .put("context_length", model.contextLength());
  }

  private static String decoded(String path) {
    try {
      return new URI(path).getPath();
    } catch (URISyntaxException e) {
      return path;
    }
  }
}
