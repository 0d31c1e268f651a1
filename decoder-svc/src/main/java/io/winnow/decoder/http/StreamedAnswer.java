package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import org.jspecify.annotations.Nullable;

/**
 * Sends an answer as server-sent events while it comes. Headers go out with the first token, so
 * that whatever fails before has its HTTP status; a failure after it is the last event. Credit for
 * further deltas is given as the client takes them.
 */
final class StreamedAnswer implements AnswerWriter {

  /** Deltas on their way at a time: hides the hops between threads, and bounds what is buffered. */
  private static final int WINDOW = 32;

  private static final long NO_TIMER = -1;

  private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

  private final Exchange exchange;
  private final HttpServerResponse response;
  private final long createdEpochSecond;
  private final boolean logprobs;
  private final boolean usage;
  private @Nullable AnswerStarted started;
  private @Nullable ActiveAnswer answer;
  private int withheld;
  private long stallTimer = NO_TIMER;

  StreamedAnswer(Exchange exchange, long createdEpochSecond, boolean logprobs, boolean usage) {
    this.exchange = exchange;
    this.response = exchange.response();
    this.createdEpochSecond = createdEpochSecond;
    this.logprobs = logprobs;
    this.usage = usage;
  }

  @Override
  public void attach(ActiveAnswer answer) {
    this.answer = answer;
    answer.request(WINDOW);
  }

  @Override
  public void started(AnswerStarted started) {
    this.started = started;
    if (exchange.isOver()) {
      return;
    }
    response
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        .putHeader("x-accel-buffering", "no"); // nginx would hold the events back
    ObjectNode chunk = chunk();
    choice(chunk).putObject("delta").put("role", "assistant").put("content", "");
    write(chunk);
  }

  @Override
  public void delta(AnswerDelta delta) {
    if (exchange.isOver()) {
      return;
    }
    if (!delta.text().isEmpty() || !delta.tokens().isEmpty()) {
      ObjectNode chunk = chunk();
      ObjectNode choice = choice(chunk);
      choice.putObject("delta").put("content", delta.text());
      if (logprobs) {
        choice.set("logprobs", AnswerJson.logprobs(delta.tokens()));
      }
      write(chunk);
    }
    giveCredit();
  }

  @Override
  public void finished(AnswerSummary summary) {
    if (exchange.isOver()) {
      return;
    }
    ObjectNode last = chunk();
    ObjectNode choice = choice(last);
    choice.putObject("delta");
    choice.put("finish_reason", AnswerJson.finishReason(summary.finish()));
    AnswerJson.addOutcome(last, started(), summary);
    write(last);
    if (usage) {
      ObjectNode counts = chunk();
      counts.putArray("choices");
      counts.set("usage", AnswerJson.usage(summary.usage()));
      write(counts);
    }
    end(DONE);
  }

  @Override
  public void failed(ApiError error) {
    if (started == null) {
      exchange.fail(error);
    } else if (!exchange.isOver()) {
      end(event(AnswerJson.error(error)));
    }
  }

  private void giveCredit() {
    ActiveAnswer active = answer;
    if (active == null) {
      throw new IllegalStateException("a delta came that nobody asked for");
    }
    withheld++;
    if (!response.writeQueueFull()) {
      release(active);
    } else if (withheld == 1) {
      stallTimer = exchange.closeWhenStalled();
      response.drainHandler(drained -> release(active));
    }
  }

  /** The client takes what is written: by the next delta, by the drain handler, or by both. */
  private void release(ActiveAnswer active) {
    exchange.vertx().cancelTimer(stallTimer);
    stallTimer = NO_TIMER;
    if (withheld > 0) {
      active.request(withheld);
      withheld = 0;
    }
  }

  private void end(Buffer lastEvent) {
    exchange.vertx().cancelTimer(stallTimer);
    exchange.end(response.end(lastEvent));
  }

  private AnswerStarted started() {
    if (started == null) {
      throw new IllegalStateException("an answer went on before it started");
    }
    return started;
  }

  private ObjectNode chunk() {
    ObjectNode chunk = AnswerJson.head("chat.completion.chunk", started(), createdEpochSecond);
    chunk.putArray("choices");
    if (usage) {
      chunk.putNull("usage");
    }
    return chunk;
  }

  private static ObjectNode choice(ObjectNode chunk) {
    return chunk
        .withArray("choices")
        .addObject()
        .put("index", 0)
        .putNull("logprobs")
        .putNull("finish_reason");
  }

  private void write(ObjectNode chunk) {
    // A failed write means that the client is gone, which the exchange notices by itself.
    var unused = response.write(event(chunk));
  }

  private Buffer event(ObjectNode node) {
    return Buffer.buffer("data: ").appendBuffer(exchange.encode(node)).appendString("\n\n");
  }
}
