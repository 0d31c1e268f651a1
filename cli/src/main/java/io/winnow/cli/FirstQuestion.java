package io.winnow.cli;

import io.winnow.cli.chat.ChatClient;
import io.winnow.cli.chat.Question;
import io.winnow.cli.chat.ReductionWish;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A question of the launcher's own to services that it has just started, so that no user's pays for
 * what happens only once, such as the loading of classes. It goes the longest way: a picture, a
 * plan and verdicts on it. For the bundled model only: a large one takes longer to answer than it
 * saves.
 */
final class FirstQuestion {

  /** Not one that users are shown: vision-encoder-svc keeps what it has encoded. */
  private static final String PICTURE = "demo-model/calibration/c000.jpg";

  private static final String TEXT = "Is there a circle?";
  private static final int TOKENS = 2;

  private FirstQuestion() {}

  /**
   * Waits for the answer, where one is worth it.
   *
   * @param models that the services were started on
   * @param triton where they run instead of in the services, if they do
   * @throws IOException if there is none
   */
  static void ask(Checkout checkout, URI services, RepositoryOptions models, TritonOptions triton)
      throws IOException {
    if (!models.areBundled() || triton.given()) {
      return;
    }
    Question question =
        new Question(
            Files.readAllBytes(checkout.root().resolve(PICTURE)),
            TEXT,
            Optional.empty(),
            OptionalInt.of(TOKENS),
            ReductionWish.of("dyvte"));
    var unused = new ChatClient(services).ask(question, text -> {});
  }
}
