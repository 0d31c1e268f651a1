package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What HTTP itself can go wrong with: routes, methods, types, sizes, ids, connections. */
final class WireTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String GOOD = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  private final ApiServer server =
      ApiServer.start(
          Map.of("winnow.http.max-body-size", "10K", "winnow.http.body-timeout", "400ms"));

  @AfterEach
  void close() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/v1", "/v1/chat", "/v1/completions", "/v1/chat/completions/x"})
  void tellsOfUnknownRoutes(String path) throws Exception {
    HttpResponse<String> response = server.send(server.to(path), GOOD);

    assertError(response, 404, "unknown_url");
    assertThat(error(response).path("message").asText()).contains("POST " + path);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/chat/completions, POST",
    "DELETE, /v1/chat/completions, POST",
    "POST, /v1/models, GET",
    "DELETE, /v1/models/demo, GET"
  })
  void tellsWhichMethodIsAllowed(String method, String path, String allowed) throws Exception {
    HttpResponse<String> response =
        server.send(server.to(path).method(method, BodyPublishers.noBody()));

    assertError(response, 405, "method_not_allowed");
    assertThat(response.headers().firstValue("allow")).contains(allowed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=iso-8859-1"
      })
  void refusesOtherMediaTypes(String type) throws Exception {
    assertError(
        server.send(server.to(ApiServer.CHAT).header("content-type", type), GOOD),
        415,
        "unsupported_media_type");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "Application/JSON; charset=\"UTF-8\"",
        "application/json;charset=utf-8"
      })
  void takesJsonHoweverItIsSpelt(String type) {
    assertThat(
            server.send(server.to(ApiServer.CHAT).header("content-type", type), GOOD).statusCode())
        .isEqualTo(200);
  }

  @Test
  void takesABodyWithoutType() {
    assertThat(server.send(server.to(ApiServer.CHAT), GOOD).statusCode()).isEqualTo(200);
  }

  @Test
  void refusesCompressedBodies() throws Exception {
    assertError(
        server.send(server.to(ApiServer.CHAT).header("content-encoding", "gzip"), GOOD),
        415,
        "unsupported_media_type");
  }

  @Test
  void echoesASaneRequestIdAndReplacesOthers() {
    assertThat(requestId("abc-123")).isEqualTo("abc-123");
    assertThat(requestId("a b")).matches("req_[0-9a-f]{32}");
    assertThat(requestId("x".repeat(200))).matches("req_[0-9a-f]{32}");
    assertThat(server.get("/nowhere").headers().firstValue("x-request-id"))
        .hasValueSatisfying(id -> assertThat(id).matches("req_[0-9a-f]{32}"));
    assertThat(server.post(GOOD).headers().firstValue("x-request-id")).isPresent();
  }

  @Test
  void refusesABodyThatIsDeclaredTooLarge() throws Exception {
    assertError(server.post(" ".repeat(10_241)), 413, "request_too_large");
  }

  @Test
  void refusesABodyThatGrowsTooLarge() throws Exception {
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n");
      client.send("transfer-encoding: chunked\r\n\r\n2801\r\n" + " ".repeat(0x2801) + "\r\n");

      assertThat(client.response().status()).isEqualTo(413);

      client.send("0\r\n\r\n" + RawClient.post(GOOD));
      assertThat(client.response().status()).isEqualTo(200);
    }
    assertThat(server.budget.free()).isEqualTo(256L << 20);
  }

  @Test
  void doesNotDropRefusedBodiesForEver() throws Exception {
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send("POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n");
      assertThat(client.response().status()).isEqualTo(404);

      client.send(" ".repeat(20_000));

      client.awaitClose();
    }
  }

  @Test
  void answersTheNextRequestOnAConnectionThatHadErrors() throws Exception {
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(
          RawClient.post("{", "x-request-id: a")
              + RawClient.post(" ".repeat(20_000), "x-request-id: b")
              + RawClient.post(GOOD, "content-encoding: gzip", "x-request-id: c")
              + RawClient.post(GOOD, "x-request-id: d"));

      for (String expected : new String[] {"400 a", "413 b", "415 c", "200 d"}) {
        RawClient.Response response = client.response();
        assertThat(response.headers())
            .contains("x-request-id: " + expected.substring(4))
            .noneMatch(header -> header.equals("connection: close"));
        assertThat(response.status()).isEqualTo(Integer.parseInt(expected.substring(0, 3)));
      }
    }
  }

  @Test
  void asksForTheBodyOnlyWhereItWillBeRead() throws Exception {
    String expect = "expect: 100-continue\r\n";
    String post = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n" + expect;
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(post + "content-length: " + GOOD.length() + "\r\n\r\n");
      assertThat(client.head().status()).isEqualTo(100);
      client.send(GOOD);
      assertThat(client.response().status()).isEqualTo(200);
    }
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send(post + "content-length: 50000\r\n\r\n");
      RawClient.Response response = client.response();
      assertThat(response.status()).isEqualTo(413);
      assertThat(response.headers()).contains("connection: close");
      client.awaitClose();
    }
  }

  @Test
  void givesUpOnABodyThatDoesNotCome() throws Exception {
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{");

      assertThat(client.response().status()).isEqualTo(408);
      client.awaitClose();
    }
    assertThat(server.budget.free()).isEqualTo(256L << 20);
  }

  @Test
  void freesItsMemoryWhenAClientLeavesInTheMiddleOfABody() throws Exception {
    try (RawClient client = new RawClient(server.port(), 0)) {
      client.send("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n{");
    }
    assertThat(server.post(GOOD).statusCode()).isEqualTo(200);
    assertThat(server.budget.free()).isEqualTo(256L << 20);
  }

  @Test
  void listsModels() throws Exception {
    JsonNode list = JSON.readTree(server.get("/v1/models").body());

    assertThat(list.path("object").asText()).isEqualTo("list");
    assertThat(list.at("/data/0").toString())
        .isEqualTo(
            "{\"id\":\"demo\",\"object\":\"model\",\"created\":1700000000,"
                + "\"owned_by\":\"winnow\",\"context_length\":1024}");
    assertThat(list.path("data")).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({"demo, demo", "org/other, org/other", "org%2Fother, org/other"})
  void tellsOfOneModel(String path, String id) throws Exception {
    JsonNode model = JSON.readTree(server.get("/v1/models/" + path).body());

    assertThat(model.path("id").asText()).isEqualTo(id);
  }

  @Test
  void tellsThatAModelDoesNotExist() throws Exception {
    HttpResponse<String> response = server.get("/v1/models/no%20such");

    assertError(response, 404, "model_not_found");
    assertThat(error(response).path("message").asText()).contains("'no such'");
  }

  private String requestId(String sent) {
    return server
        .send(server.to(ApiServer.CHAT).header("x-request-id", sent), GOOD)
        .headers()
        .firstValue("x-request-id")
        .orElseThrow();
  }

  private static void assertError(HttpResponse<String> response, int status, String code)
      throws Exception {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(error(response).path("code").asText()).isEqualTo(code);
    assertThat(error(response).path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error(response).path("param").isMissingNode()).isFalse();
  }

  private static JsonNode error(HttpResponse<String> response) throws Exception {
    return JSON.readTree(response.body()).path("error");
  }
}
