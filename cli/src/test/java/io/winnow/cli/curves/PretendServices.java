package io.winnow.cli.curves;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.winnow.cli.chat.Answer;
import io.winnow.cli.chat.Question;
import io.winnow.cli.chat.ReductionWish;
import io.winnow.cli.chat.RequestRefusedException;
import io.winnow.cli.evaluate.KnownQuestion;
import io.winnow.cli.evaluate.Questioner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Services with a decoder of eight layers in which pruning costs what it keeps: a question whose
 * text is a number is answered right if at least that share of the tokens is kept, in percent. The
 * prefill takes as many milliseconds as percent are kept. A gate that is to be sure of 50 percent
 * lets go after half of the layers, 2 ms after its segment, and one layer late if nobody waits.
 */
final class PretendServices implements Questioner.Chat {

  static final int LAYERS = 8;
  static final String TRUTH = "yes";

  private final List<ReductionWish> wishes = new ArrayList<>();

  /** Questions of two types, answered right at 0, 5, 10 ... percent kept. */
  static List<KnownQuestion> questions(Path folder) throws IOException {
    Path picture = Files.write(folder.resolve("p.png"), new byte[] {1});
    List<KnownQuestion> questions = new ArrayList<>();
    for (int percent = 0; percent < 100; percent += 5) {
      String type = percent % 10 == 0 ? "count" : KnownQuestion.DESCRIBE;
      questions.add(new KnownQuestion(picture, type, Integer.toString(percent), TRUTH));
    }
    return questions;
  }

  synchronized List<ReductionWish> wishes() {
    return List.copyOf(wishes);
  }

  @Override
  public synchronized Answer ask(Question question) throws IOException {
    ReductionWish wish = question.reduction();
    wishes.add(wish);
    String method = wish.method().orElse("auto");
    double kept = kept(method, wish);
    ObjectNode usage = JsonNodeFactory.instance.objectNode();
    usage
        .putObject("prompt_tokens_details")
        .put("image_tokens", 100)
        .put("image_tokens_kept", (int) Math.round(100 * kept));
    ObjectNode reduction =
        JsonNodeFactory.instance
            .objectNode()
            .put("method", kept == 1 ? "none" : method)
            .put("flops_ratio", kept);
    if (method.equals(Setting.DYVTE)) {
      addExit(reduction.putObject("exit"), wish);
    }
    boolean right = 100 * kept >= Integer.parseInt(question.text());
    return new Answer(
        right ? TRUTH : "no",
        "demo",
        usage,
        JsonNodeFactory.instance.objectNode().put("prefill", 100 * kept),
        reduction);
  }

  private static double kept(String method, ReductionWish wish) throws IOException {
    return switch (method) {
      case "none" -> 1;
      case "vtw" -> wish.layer().orElseThrow() / (double) LAYERS;
      case "fitprune" -> wish.flopsRatio().orElseThrow();
      case "dyvte" -> (appliedLayer(wish) + 1) / (double) LAYERS;
      case "fastv", "visionzip" -> wish.keepRatio().orElseThrow();
      default -> throw new RequestRefusedException("there is no method \"" + method + "\"");
    };
  }

  private static void addExit(ObjectNode exit, ReductionWish wish) {
    int applied = appliedLayer(wish);
    exit.put("layer", applied);
    ArrayNode verdicts = exit.putArray("verdicts");
    verdicts
        .addObject()
        .put("layer", 0)
        .put("exit", false)
        .put("needed_ms", 1.0)
        .put("arrived_ms", 3.0);
    verdicts
        .addObject()
        .put("layer", gatedLayer(wish))
        .put("exit", true)
        .put("needed_ms", 10.0)
        .put("arrived_ms", 12.0)
        .put("applied_layer", applied);
  }

  private static int gatedLayer(ReductionWish wish) {
    return (int) (wish.exit().threshold().orElseThrow() * LAYERS) - 1;
  }

  private static int appliedLayer(ReductionWish wish) {
    return gatedLayer(wish) + (wish.exit().blocking() ? 0 : 1);
  }
}
