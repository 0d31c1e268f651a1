package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.e2e.Api.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedMesh.class)
class LoadIT {

  private static final int REQUESTS = 200;

  @Test
  void twoHundredRequestsAtOnceAllEndInTheRightAnswerOrAClearRefusal(TestMesh mesh) {
    Api api = new Api(mesh.url());
    List<DemoQuestion> questions = DemoQuestion.all();
    List<CompletableFuture<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      replies.add(api.postAsync(Api.question(questions.get(i % questions.size()))));
    }

    int answered = 0;
    for (int i = 0; i < REQUESTS; i++) {
      Reply reply = replies.get(i).join();
      if (reply.status() == 200) {
        answered++;
        assertThat(reply.answer()).isEqualTo(questions.get(i % questions.size()).answer());
      } else {
        assertThat(reply.status()).isIn(429, 503);
        assertThat(reply.code()).isIn("rate_limit_exceeded", "overloaded");
        assertThat(reply.message()).isNotBlank();
      }
    }
    assertThat(answered).isPositive();
  }
}
