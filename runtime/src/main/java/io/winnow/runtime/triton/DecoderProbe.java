package io.winnow.runtime.triton;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.winnow.runtime.RuntimeLoad;
import io.winnow.runtime.triton.client.CallSettings;
import io.winnow.runtime.triton.client.InferResponse;
import io.winnow.runtime.triton.client.InferStream;
import io.winnow.runtime.triton.client.StreamListener;
import io.winnow.runtime.triton.client.StreamSettings;
import io.winnow.runtime.triton.client.TritonEndpoint;
import io.winnow.runtime.triton.client.TritonException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks the decoder on a server, again and again, whether it serves and what it has. */
final class DecoderProbe implements Runnable {

  private static final Logger LOG = System.getLogger(DecoderProbe.class.getName());

  private final TritonEndpoint endpoint;
  private final DecoderRequests requests;
  private final String model;
  private final String checkpoint;
  private final TritonSettings settings;
  private final Supplier<Population.Counts> own;
  private volatile State state =
      new State(false, 0, 0, RuntimeLoad.Others.NONE, "it has not answered yet");

  /**
   * Makes a probe.
   *
   * @param checkpoint fingerprint of the export that the server must run
   * @param own what this side has on the server: the rest is others'
   */
  DecoderProbe(
      TritonEndpoint endpoint,
      DecoderRequests requests,
      String model,
      String checkpoint,
      TritonSettings settings,
      Supplier<Population.Counts> own) {
    this.endpoint = endpoint;
    this.requests = requests;
    this.model = model;
    this.checkpoint = checkpoint;
    this.settings = settings;
    this.own = own;
  }

  /**
   * What is known of the server.
   *
   * @param serving whether the decoder answered the last time, and is the one that is meant
   * @param slots of the decoder, 0 as long as it never answered
   * @param kvBytesLimit of the decoder
   * @param others what it said that others have there
   * @param problem why it does not serve
   */
  record State(
      boolean serving, int slots, long kvBytesLimit, RuntimeLoad.Others others, String problem) {

    State failing(String problem) {
      return new State(false, slots, kvBytesLimit, RuntimeLoad.Others.NONE, problem);
    }
  }

  State state() {
    return state;
  }

  /**
   * Takes back that the server serves, until it was asked again: it has just lost a stream.
   *
   * @return whether it was thought to serve
   */
  synchronized boolean doubt(String problem) {
    State before = state;
    state = before.failing(problem);
    return before.serving();
  }

  /** Asks once; blocks for the timeout at most. */
  @Override
  public void run() {
    State before = state;
    try {
      state = read(ask());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException | RuntimeException e) {
      Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
      String problem =
          e instanceof TimeoutException
              ? "no answer in " + settings.probe()
              : String.valueOf(cause);
      state = before.failing(problem);
    }
    if (before.serving() && !state.serving()) {
      LOG.log(
          Level.WARNING,
          "model \"{0}\" at {1} does not serve: {2}",
          model,
          endpoint.address(),
          state.problem());
    }
  }

  private String ask() throws InterruptedException, ExecutionException, TimeoutException {
    Duration timeout = settings.probe();
    CompletableFuture<String> answer = new CompletableFuture<>();
    StreamSettings settings =
        new StreamSettings(CallSettings.within(timeout), StreamSettings.UNLIMITED, model);
    try (InferStream stream = endpoint.openStream(settings, new Answer(answer))) {
      stream.send(requests.describe());
      stream.halfClose();
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private State read(String json) {
    try {
      JsonObject described = JsonParser.parseString(json).getAsJsonObject();
      String runs = described.get("checkpoint").getAsString();
      String problem =
          runs.equals(checkpoint)
              ? hanging(described)
              : "it runs another export of the model: give both the same repository";
      return new State(
          problem.isEmpty(),
          described.get("slots").getAsInt(),
          described.get("kv_bytes_limit").getAsLong(),
          others(described, own.get()),
          problem);
    } catch (JsonParseException | IllegalStateException | NullPointerException e) {
      throw new IllegalArgumentException("model " + model + " is no decoder of Winnow: " + json, e);
    }
  }

  /** Why it must be taken for hung though it answers; empty: it need not. */
  private String hanging(JsonObject described) {
    // Servers with an older export do not tell.
    double seconds = described.has("run_seconds") ? described.get("run_seconds").getAsDouble() : 0;
    return seconds <= settings.computation().toMillis() / 1000.0
        ? ""
        : "one computation has run for %.0f s: it hangs".formatted(seconds);
  }

  /**
   * What is not ours of what the server has. The two counts are not of the same moment: as many as
   * are ours and on their way count for none of others'.
   */
  private static RuntimeLoad.Others others(JsonObject described, Population.Counts own) {
    int running = described.get("running").getAsInt();
    int live = running + described.get("queued").getAsInt();
    int othersLive = Math.max(0, live - own.running() - own.queued());
    int othersRunning = Math.min(othersLive, Math.max(0, running - own.running()));
    long bytes = described.get("kv_bytes_used").getAsLong() - own.kvBytes();
    return new RuntimeLoad.Others(
        othersLive - othersRunning, othersRunning, othersRunning == 0 ? 0 : Math.max(0, bytes));
  }

  /** Takes the answer. */
  private record Answer(CompletableFuture<String> json) implements StreamListener {

    @Override
    public void onResponse(InferResponse response) {
      if (!response.outputNames().isEmpty()
          && DecoderEvent.of(response) instanceof DecoderEvent.Described described) {
        json.complete(described.json());
      }
    }

    @Override
    public void onRequestFailed(String requestId, String message) {
      json.completeExceptionally(new IllegalStateException(message));
    }

    @Override
    public void onClosed(@Nullable TritonException failure) {
      json.completeExceptionally(
          failure == null ? new IllegalStateException("the stream ended early") : failure);
    }
  }
}
