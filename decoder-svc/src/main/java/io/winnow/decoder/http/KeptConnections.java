package io.winnow.decoder.http;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sends clients elsewhere before the service stops. A client that keeps its connection does not
 * look for other replicas, so each connection is told while requests are still answered: HTTP/1.1
 * by `Connection: close` on its next response, HTTP/2 by GOAWAY once it is idle. Near the end of
 * that time, connections that nobody used are closed, and HTTP/2 is told in any case. Thread-safe.
 */
final class KeptConnections {

  private static final int BEFORE_EVERY_ROUTE = Integer.MIN_VALUE;

  /** Of the window: what comes later than this may be met by a service that refuses. */
  private static final double GO_AFTER = 0.75;

  private static final long NO_ERROR = 0;

  /** Of GOAWAY: streams that the client opens before it hears of it are answered, too. */
  private static final int ALL_STREAMS = Integer.MAX_VALUE;

  private enum Phase {
    STAYING,
    LEAVING,
    GOING
  }

  private final Map<HttpConnection, Kept> connections = new ConcurrentHashMap<>();
  private volatile Phase phase = Phase.STAYING;

  /** To be the first to see each request. */
  void mount(Router router) {
    router.route().order(BEFORE_EVERY_ROUTE).handler(this::hear);
  }

  /**
   * Begins to send clients elsewhere.
   *
   * @param window how long requests are still answered
   */
  void leave(Vertx vertx, Duration window) {
    phase = Phase.LEAVING;
    long delay = Math.max(1, (long) (window.toMillis() * GO_AFTER));
    vertx.setTimer(delay, timer -> go());
  }

  private void go() {
    phase = Phase.GOING;
    connections.values().forEach(kept -> kept.context.runOnContext(unused -> kept.go()));
  }

  private void hear(RoutingContext routing) {
    HttpConnection connection = routing.request().connection();
    Kept kept = connections.get(connection);
    if (kept == null) {
      boolean multiplexed = routing.request().version() == HttpVersion.HTTP_2;
      kept = new Kept(connection, routing.vertx().getOrCreateContext(), multiplexed);
      connections.put(connection, kept);
      // Not by HttpConnection.closeHandler, of which there is one, and the framework may use it.
      ((ConnectionBase) connection)
          .channelHandlerContext()
          .channel()
          .closeFuture()
          .addListener(closed -> connections.remove(connection));
    }
    kept.begin(routing);
    routing.next();
  }

  /** One connection. All calls in its context. */
  private final class Kept {

    private final HttpConnection connection;
    private final Context context;
    private final boolean multiplexed;
    private int live; // requests
    private boolean told;

    Kept(HttpConnection connection, Context context, boolean multiplexed) {
      this.connection = connection;
      this.context = context;
      this.multiplexed = multiplexed;
    }

    void begin(RoutingContext routing) {
      live++;
      if (!multiplexed) {
        routing.addHeadersEndHandler(unused -> tell(routing));
      }
      routing.addEndHandler(unused -> end());
    }

    private void tell(RoutingContext routing) {
      if (phase != Phase.STAYING) {
        routing.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        told = true;
      }
    }

    private void end() {
      live--;
      if (multiplexed && phase != Phase.STAYING && live == 0) {
        goAway();
      } else if (!multiplexed && (told || phase == Phase.GOING)) {
        var unused = connection.close();
      }
    }

    void go() {
      if (multiplexed) {
        goAway();
      } else if (live == 0) {
        var unused = connection.close();
      }
    }

    /** The client closes the connection when its streams have ended. */
    private void goAway() {
      if (!told) {
        told = true;
        connection.goAway(NO_ERROR, ALL_STREAMS);
      }
    }
  }
}
