package io.winnow.cli.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.util.function.Consumer;

/** Puts an answer together from the lines of its event stream. Not safe for concurrent use. */
final class AnswerReader {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DATA = "data:";
  private static final String DONE = "[DONE]";

  private final Consumer<String> onText;
  private final StringBuilder text = new StringBuilder();
  private String model = "";
  private JsonNode usage = MissingNode.getInstance();
  private JsonNode timings = MissingNode.getInstance();
  private JsonNode reduction = MissingNode.getInstance();
  private boolean done;

  /**
   * @param onText takes new text as it comes
   */
  AnswerReader(Consumer<String> onText) {
    this.onText = onText;
  }

  /**
   * Takes the next line.
   *
   * @throws IOException if the service reports a failure, with its message
   */
  void line(String line) throws IOException {
    if (!line.startsWith(DATA)) {
      return; // the empty line between events, or a comment
    }
    String data = line.substring(DATA.length()).strip();
    if (data.equals(DONE)) {
      done = true;
    } else {
      event(parse(data));
    }
  }

  /**
   * The answer, once all lines are in.
   *
   * @throws IOException if the stream was cut
   */
  Answer finish() throws IOException {
    if (!done) {
      throw new IOException("the answer was cut off; the service may have stopped");
    }
    return new Answer(text.toString(), model, usage, timings, reduction);
  }

  /** The message of an error body, or what there is of it. */
  static String errorMessage(int status, String body) {
    try {
      String message = JSON.readTree(body).path("error").path("message").asText();
      if (!message.isEmpty()) {
        return message;
      }
    } catch (JsonProcessingException e) {
      return "the service answered with HTTP status " + status + " and no JSON";
    }
    return "the service answered with HTTP status " + status;
  }

  private static JsonNode parse(String data) throws IOException {
    try {
      return JSON.readTree(data);
    } catch (JsonProcessingException e) {
      throw new IOException("the service sent an event that is not JSON: " + data, e);
    }
  }

  private void event(JsonNode event) throws IOException {
    if (event.has("error")) {
      throw new IOException(event.path("error").path("message").asText());
    }
    model = event.path("model").asText(model);
    usage = present(event, "usage", usage);
    timings = present(event, "timings_ms", timings);
    reduction = present(event, "visual_token_reduction", reduction);
    String delta = event.path("choices").path(0).path("delta").path("content").asText("");
    if (!delta.isEmpty()) {
      text.append(delta);
      onText.accept(delta);
    }
  }

  private static JsonNode present(JsonNode event, String field, JsonNode otherwise) {
    return event.hasNonNull(field) ? event.get(field) : otherwise;
  }
}
