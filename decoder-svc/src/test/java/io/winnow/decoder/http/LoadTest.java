package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.decoder.chat.ChatMessage.PictureFile;
import io.winnow.decoder.chat.FakeChatService.Script;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class LoadTest {

  private static final String BODY = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  @Test
  void answersTwoHundredAtATime() {
    try (ApiServer server = ApiServer.start()) {
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        all.add(server.postAsync(i % 2 == 0 ? BODY : BODY.replace("{\"m", "{\"stream\":true,\"m")));
      }

      assertThat(all).allSatisfy(one -> assertThat(one.join().statusCode()).isEqualTo(200));
      assertThat(server.admission.load().running()).isZero();
      assertThat(server.budget.free()).isEqualTo(256L << 20);
    }
  }

  @Test
  void answersOrRefusesWhenThereIsTooMuch() {
    Map<String, String> small =
        Map.of("winnow.access.max-concurrent", "2", "winnow.access.max-waiting-per-key", "5");
    CompletableFuture<Void> go = new CompletableFuture<>();
    try (ApiServer server = ApiServer.start(small)) {
      server.chat.answerBy(request -> Script.of("ok").after(go));
      List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        all.add(server.postAsync(BODY));
      }
      while (all.stream().filter(CompletableFuture::isDone).count() < 43) {
        Thread.onSpinWait();
      }
      go.complete(null);

      assertThat(all.stream().filter(one -> one.join().statusCode() == 200)).hasSize(7);
      assertThat(all.stream().filter(one -> one.join().statusCode() == 429)).hasSize(43);
    }
  }

  @Test
  void refusesWhenRequestsFillTheMemory() {
    try (ApiServer server =
        ApiServer.start(
            Map.of("winnow.http.max-body-size", "1M", "winnow.http.max-buffered-size", "100K"))) {
      HttpResponse<String> refused = server.post(" ".repeat(200_000));

      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("\"code\":\"overloaded\"");
      assertThat(server.post(BODY).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void takesALargePicture() throws Exception {
    byte[] picture = new byte[16 << 20];
    new Random(3).nextBytes(picture);
    String url = "data:image/png;base64," + Base64.getEncoder().encodeToString(picture);
    try (ApiServer server = ApiServer.start()) {
      String part = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}";

      HttpResponse<String> response = server.post(BODY.replace("\"Hi\"", "[" + part + "]"));

      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(server.chat.calls().take().request().messages().get(0).parts().get(0))
          .isInstanceOfSatisfying(
              PictureFile.class, file -> assertThat(file.content()).isEqualTo(picture));
    }
  }

  @Test
  void answersAChatOfAThousandTurns() throws Exception {
    StringBuilder turns = new StringBuilder("{\"messages\":[");
    for (int i = 0; i < 1000; i++) {
      turns.append("{\"role\":\"").append(i % 2 == 0 ? "user" : "assistant");
      turns.append("\",\"content\":\"turn ").append(i).append("\"}").append(i < 999 ? "," : "]}");
    }
    try (ApiServer server = ApiServer.start()) {
      assertThat(server.post(turns.toString()).statusCode()).isEqualTo(200);
      assertThat(server.chat.calls().take().request().messages()).hasSize(1000);
    }
  }
}
