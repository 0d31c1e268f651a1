package io.winnow.e2e.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.e2e.drill.Asked.Caller;
import io.winnow.e2e.drill.Asked.Heard;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * Asks by HTTP over one connection, which it keeps for as long as the server lets it; only then
 * does it look for another server. Every second answer is streamed. Nothing is tried twice.
 */
final class HttpCaller implements Caller {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final MediaType TYPE = MediaType.get("application/json");
  private static final String DONE = "[DONE]";

  private final OkHttpClient client;
  private boolean streamed;

  HttpCaller(Names names, Protocol protocol) {
    client =
        new OkHttpClient.Builder()
            .protocols(List.of(protocol))
            .dns(host -> shuffled(names, host))
            .retryOnConnectionFailure(false)
            .readTimeout(Duration.ofMinutes(2))
            .build();
  }

  /** What a Service's address does: some replica that is ready. */
  private static List<InetAddress> shuffled(Names names, String host)
      throws java.net.UnknownHostException {
    List<InetAddress> all = Arrays.asList(names.addresses(host));
    Collections.shuffle(all);
    return all.subList(0, 1);
  }

  @Override
  public Heard ask(Asked asked) throws IOException {
    streamed = !streamed;
    Request request =
        new Request.Builder()
            .url("http://" + Service.DECODER.dns() + ":8080/v1/chat/completions")
            .post(RequestBody.create(body(asked).put("stream", streamed).toString(), TYPE))
            .build();
    try (Response response = client.newCall(request).execute()) {
      String text = response.body().string();
      if (response.code() != 200) {
        throw new IOException(response.code() + " " + text);
      }
      return streamed ? events(text) : whole(JSON.readTree(text));
    }
  }

  private static Heard whole(JsonNode answer) {
    return new Heard(
        answer.at("/visual_token_reduction/method").asText(),
        answer.at("/choices/0/message/content").asText());
  }

  private static Heard events(String stream) throws IOException {
    StringBuilder text = new StringBuilder();
    String method = "";
    String last = "";
    for (String event : stream.split("\n\n", -1)) {
      if (event.isEmpty()) {
        continue;
      }
      last = event.substring("data: ".length());
      if (!last.equals(DONE)) {
        JsonNode chunk = JSON.readTree(last);
        text.append(chunk.at("/choices/0/delta/content").asText());
        method = chunk.at("/visual_token_reduction/method").asText(method);
      }
    }
    if (!last.equals(DONE)) {
      throw new IOException("the stream ends with " + last);
    }
    return new Heard(method, text.toString());
  }

  static ObjectNode body(Asked asked) {
    ObjectNode body = JSON.createObjectNode().put("model", "demo").put("temperature", 0);
    ArrayNode content =
        body.putArray("messages").addObject().put("role", "user").putArray("content");
    if (asked.hasPicture()) {
      String picture = Base64.getEncoder().encodeToString(asked.picture());
      content
          .addObject()
          .put("type", "image_url")
          .putObject("image_url")
          .put("url", "data:image/png;base64," + picture);
    }
    content.addObject().put("type", "text").put("text", asked.text());
    if (!asked.method().isEmpty()) {
      ObjectNode wish = body.putObject("visual_token_reduction").put("method", asked.method());
      if (asked.method().equals("dyvte")) {
        wish.put("blocking", true);
      } else {
        wish.put("flops_ratio", Asked.FLOPS_RATIO);
      }
    }
    return body;
  }

  @Override
  public void close() {
    client.dispatcher().cancelAll();
    client.connectionPool().evictAll();
    client.dispatcher().executorService().shutdown();
  }
}
