package io.winnow.runtime.triton;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
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
import org.jspecify.annotations.Nullable;

/** Asks the decoder on a server, again and again, whether it serves and what it has. */
final class DecoderProbe implements Runnable {

  private static final Logger LOG = System.getLogger(DecoderProbe.class.getName());

  private final TritonEndpoint endpoint;
  private final DecoderRequests requests;
  private final String model;
  private final String checkpoint;
  private final Duration timeout;
  private volatile State state = new State(false, 0, 0, "it has not answered yet");

  /**
   * Makes a probe.
   *
   * @param checkpoint fingerprint of the export that the server must run
   */
  DecoderProbe(
      TritonEndpoint endpoint,
      DecoderRequests requests,
      String model,
      String checkpoint,
      Duration timeout) {
    this.endpoint = endpoint;
    this.requests = requests;
    this.model = model;
    this.checkpoint = checkpoint;
    this.timeout = timeout;
  }

  /**
   * What is known of the server.
   *
   * @param serving whether the decoder answered the last time, and is the one that is meant
   * @param slots of the decoder, 0 as long as it never answered
   * @param kvBytesLimit of the decoder
   * @param problem why it does not serve
   */
  record State(boolean serving, int slots, long kvBytesLimit, String problem) {}

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
    state = new State(false, before.slots(), before.kvBytesLimit(), problem);
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
          e instanceof TimeoutException ? "no answer in " + timeout : String.valueOf(cause);
      state = new State(false, before.slots(), before.kvBytesLimit(), problem);
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
      boolean same = runs.equals(checkpoint);
      return new State(
          same,
          described.get("slots").getAsInt(),
          described.get("kv_bytes_limit").getAsLong(),
          same ? "" : "it runs another export of the model: give both the same repository");
    } catch (JsonParseException | IllegalStateException | NullPointerException e) {
      throw new IllegalArgumentException("model " + model + " is no decoder of Winnow: " + json, e);
    }
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
