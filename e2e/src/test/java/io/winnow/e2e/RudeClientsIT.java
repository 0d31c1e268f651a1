package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Clients that do not behave hold nobody up. */
@ExtendWith(SharedMesh.class)
class RudeClientsIT {

  private static final int CLIENTS = 40;

  /** Shorter than decoder-svc waits for a reader that has stalled. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final List<Socket> sockets = new ArrayList<>();
  private TestMesh mesh;

  @BeforeEach
  void connect(TestMesh mesh) {
    this.mesh = mesh;
  }

  @AfterEach
  void theNextRequestWorks() throws Exception {
    assertThat(mesh.ask(DemoQuestion.TELLING).text()).isEqualTo(DemoQuestion.TELLING.answer());
    for (Socket socket : sockets) {
      socket.close();
    }
    awaitNoLiveAnswers();
    assertThat(mesh.ask(DemoQuestion.TELLING).text()).isEqualTo(DemoQuestion.TELLING.answer());
  }

  /** Asks decoder-svc, back to back, until it has forgotten every client. */
  private void awaitNoLiveAnswers() throws Exception {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest ready = HttpRequest.newBuilder(mesh.url().resolve("/q/health/ready")).build();
    long end = System.nanoTime() + PATIENCE.toNanos();
    int live;
    do {
      String health = http.send(ready, HttpResponse.BodyHandlers.ofString()).body();
      JsonNode answers = Api.JSON.readTree(health).findValue("live");
      live = answers.intValue();
    } while (live > 0 && System.nanoTime() < end);
    assertThat(live).isZero();
  }

  @Test
  void clientsThatStopReadingHoldNobodyUp() throws IOException {
    ObjectNode chatty =
        Api.question(DemoQuestion.LONGEST)
            .put("stream", true)
            .put("logprobs", true)
            .put("top_logprobs", 20);
    for (int i = 0; i < CLIENTS; i++) {
      send(chatty.toString(), 1);
    }
  }

  @Test
  void clientsThatDisconnectAreForgotten() throws IOException {
    ObjectNode question = Api.question(DemoQuestion.LONGEST).put("stream", true);
    for (int i = 0; i < CLIENTS; i++) {
      Socket socket = send(question.toString(), 1);
      socket.setSoLinger(true, 0); // a reset, as from a process that died
      socket.close();
    }
  }

  @Test
  void clientsThatDisconnectAfterTheFirstTokenAreForgotten() throws IOException {
    ObjectNode question = Api.question(DemoQuestion.LONGEST).put("stream", true);
    for (int i = 0; i < 10; i++) {
      Socket socket = send(question.toString(), 1);
      assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 200");
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }

  @Test
  void clientsThatStopSendingHoldNobodyUp() throws IOException {
    for (int i = 0; i < CLIENTS; i++) {
      send(Api.question(DemoQuestion.TELLING).toString(), 2);
    }
  }

  /** Sends the head of a request and one part in {@code parts} of its body. */
  private Socket send(String body, int parts) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096); // before the connection: it is the window's upper bound
    socket.setSoTimeout(60_000);
    socket.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), mesh.url().getPort()), 10_000);
    sockets.add(socket);
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "Content-Type: application/json\r\n"
            + "Content-Length: "
            + bytes.length
            + "\r\n\r\n";
    OutputStream out = socket.getOutputStream();
    out.write(head.getBytes(StandardCharsets.US_ASCII));
    out.write(bytes, 0, bytes.length / parts);
    out.flush();
    return socket;
  }
}
