package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import io.winnow.decoder.telemetry.TraceContext;
import java.time.Duration;
import java.util.Optional;

/** One request and its response. Belongs to the request's event loop. */
final class Exchange {

  private static final String KEY = Exchange.class.getName();

  private final RoutingContext routing;
  private final String requestId;
  private final RequestJson json;
  private final Duration stallTimeout;

  private Exchange(RoutingContext routing, RequestJson json, Duration stallTimeout) {
    this.routing = routing;
    this.json = json;
    this.stallTimeout = stallTimeout;
    this.requestId =
        RequestId.of(Optional.ofNullable(routing.request().getHeader(RequestId.HEADER)));
    routing.response().putHeader(RequestId.HEADER, requestId);
  }

  /** The exchange of this request, begun at the first call. */
  static Exchange of(RoutingContext routing, RequestJson json, Duration stallTimeout) {
    Exchange known = routing.get(KEY);
    if (known != null) {
      return known;
    }
    Exchange exchange = new Exchange(routing, json, stallTimeout);
    routing.put(KEY, exchange);
    return exchange;
  }

  String requestId() {
    return requestId;
  }

  /** The client's trace. */
  TraceContext trace() {
    return new TraceContext(header("traceparent"), header("tracestate"));
  }

  private String header(String name) {
    return Optional.ofNullable(routing.request().getHeader(name)).orElse("");
  }

  HttpServerRequest request() {
    return routing.request();
  }

  HttpServerResponse response() {
    return routing.response();
  }

  Vertx vertx() {
    return routing.vertx();
  }

  /** Runs {@code task} if the client goes away before the response has ended. */
  void onGone(Runnable task) {
    routing.addEndHandler(
        outcome -> {
          if (outcome.failed() && !response().ended()) {
            task.run();
          }
        });
  }

  /** Ends the connection with this response. */
  void closeAfterwards() {
    response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    routing.addEndHandler(
        done -> {
          var unused = request().connection().close();
        });
  }

  boolean isOver() {
    return response().ended() || response().closed();
  }

  void send(int status, ObjectNode body) {
    if (isOver()) {
      return;
    }
    response().setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
    end(response().end(encode(body)));
  }

  void fail(ApiError error) {
    if (isOver()) {
      return;
    }
    ApiErrors.retryAfterSeconds(error)
        .ifPresent(
            seconds -> response().putHeader(HttpHeaders.RETRY_AFTER, String.valueOf(seconds)));
    if (error.status() == 401) {
      response().putHeader("www-authenticate", "Bearer");
    }
    send(error.status(), AnswerJson.error(error));
  }

  Buffer encode(ObjectNode node) {
    return Buffer.buffer(json.write(node));
  }

  /** Guards the last write: a client that takes nothing does not hold the connection for ever. */
  void end(Future<Void> lastWrite) {
    long timer = closeWhenStalled();
    lastWrite.onComplete(done -> vertx().cancelTimer(timer));
  }

  /**
   * Closes the connection when the stall timeout passes.
   *
   * @return id of the timer, to be cancelled when the client takes something
   */
  long closeWhenStalled() {
    return vertx().setTimer(stallTimeout.toMillis(), timer -> abort());
  }

  private void abort() {
    if (request().version() == HttpVersion.HTTP_2) {
      response().reset();
    } else if (request().connection() instanceof ConnectionBase connection) {
      // HttpConnection.close() and Channel.close() wait for the client to take what is written.
      var unused = connection.channelHandlerContext().close();
    }
  }
}
