package io.winnow.decoder.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.winnow.decoder.access.ByteBudget;
import java.time.Duration;

/**
 * Takes in a request's body, bounded in bytes and time. What is refused is read and dropped, within
 * twice the bytes and the same time, so that the client hears why and the connection serves its
 * next request.
 */
final class RequestBody {

  /**
   * Bounds.
   *
   * @param bytes largest body
   * @param time from the request's head to the end of its body
   */
  record Limits(long bytes, Duration time) {}

  private final Exchange exchange;
  private final HttpServerRequest request;
  private final Limits limits;
  private final Vertx vertx;

  RequestBody(Exchange exchange, Limits limits) {
    this.exchange = exchange;
    this.request = exchange.request();
    this.limits = limits;
    this.vertx = exchange.vertx();
  }

  /** Reads it; fails with an {@link ApiErrorException}, or with the connection's failure. */
  Future<byte[]> read(ByteBudget.Lease lease) {
    if (declaredLength() > limits.bytes) {
      return refuse(ApiErrors.bodyTooLarge(limits.bytes));
    }
    if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
      request.response().writeContinue();
    }
    Promise<byte[]> promise = Promise.promise();
    Buffer body = Buffer.buffer();
    long timer =
        vertx.setTimer(limits.time.toMillis(), id -> fail(promise, ApiErrors.bodyTimeout()));
    request.exceptionHandler(promise::tryFail);
    request.endHandler(end -> promise.tryComplete(body.getBytes()));
    request.handler(
        chunk -> {
          if (body.length() + (long) chunk.length() > limits.bytes) {
            fail(promise, ApiErrors.bodyTooLarge(limits.bytes));
          } else if (!lease.reserve(chunk.length())) {
            fail(promise, ApiErrors.overloaded("Too many bytes of requests are in memory."));
          } else {
            body.appendBuffer(chunk);
          }
        });
    return promise.future().onComplete(done -> vertx.cancelTimer(timer));
  }

  /** Drops it, for requests that are answered without. */
  void discard() {
    if (request.isEnded()) {
      return;
    }
    if (request.getHeader(HttpHeaders.EXPECT) != null) {
      // The client may or may not send it now: nobody can tell where the next request begins.
      exchange.closeAfterwards();
      return;
    }
    long[] dropped = {0};
    long timer = vertx.setTimer(limits.time.toMillis(), id -> close());
    request.exceptionHandler(failure -> vertx.cancelTimer(timer));
    request.endHandler(end -> vertx.cancelTimer(timer));
    request.handler(
        chunk -> {
          dropped[0] += chunk.length();
          if (dropped[0] > 2 * limits.bytes) {
            close();
          }
        });
  }

  private Future<byte[]> refuse(ApiError error) {
    discard();
    return Future.failedFuture(new ApiErrorException(error));
  }

  private void fail(Promise<byte[]> promise, ApiError error) {
    discard();
    promise.tryFail(new ApiErrorException(error));
  }

  private void close() {
    var unused = request.connection().close();
  }

  /** The Content-Length; 0 without one, for then the bytes are counted as they come. */
  private long declaredLength() {
    String header = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return header == null ? 0 : Long.parseLong(header);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE; // more digits than any limit has
    }
  }
}
