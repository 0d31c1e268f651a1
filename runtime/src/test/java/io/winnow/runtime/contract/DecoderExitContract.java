package io.winnow.runtime.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.ExitGates;
import io.winnow.runtime.ExitLogits;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.contract.RecordingListener.SegmentEnded;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/**
 * DyVTE with a decoder that waits for the gates: what they see and say, and where it leads. For
 * every runtime; the gates themselves are the embedded ones.
 */
public abstract class DecoderExitContract extends DecoderContract {

  private static final int LAYERS_PER_SEGMENT = LAYERS / DemoModel.SEGMENTS;
  private static final int ANSWER = 8; // tokens of each golden

  private final JsonNode goldens = DemoModel.goldens("gates.json");

  @Test
  void exitsWhereTheReferenceExitsAndAnswersLikeIt() {
    double worst = 0;
    Set<Optional<Integer>> exits = new HashSet<>();
    try (DecoderRuntime runtime =
            open(DemoModel.endless(DemoModel.layerwise()), new Bounds(1, 64));
        ExitGates gates = gates()) {
      for (JsonNode golden : goldens.get("questions")) {
        Walk walk = new Walk(gates, golden, true);
        String name = golden.get("picture").asText() + ", " + golden.get("type").asText();
        assertThat(walk.run(runtime, DemoModel.prompt(golden), ANSWER))
            .as(name)
            .isEqualTo(tokens(golden.get("token_ids")));
        Optional<Integer> expected =
            Optional.of(golden.get("exit_layer")).filter(JsonNode::isInt).map(JsonNode::asInt);
        assertThat(walk.exitLayer).as(name).isEqualTo(expected);
        worst = Math.max(worst, walk.worstLogits);
        exits.add(expected);
      }
    }
    int questions = goldens.get("questions").size();
    System.out.printf("gates: %d questions, logits %.1e, exits %s%n", questions, worst, exits);
    assertThat(questions).isGreaterThanOrEqualTo(100);
    assertThat(exits).as("layers").hasSizeGreaterThan(3);
    assertThat(worst).isLessThan(1e-3);
  }

  @Test
  void reportsTheReferencesTextStatusBehindEveryLayer() {
    List<JsonNode> detailed = new ArrayList<>();
    goldens.get("questions").forEach(golden -> detailed.add(golden));
    detailed.removeIf(golden -> !golden.has("text_status"));
    assertThat(detailed).isNotEmpty();
    assertStatuses(detailed);
  }

  @Test
  void theTextStatusIsDefinedForPromptsOfEveryKind() {
    List<JsonNode> prompts = new ArrayList<>();
    goldens.get("prompts").forEach(prompts::add);
    assertThat(prompts)
        .extracting(golden -> golden.get("name").asText())
        .contains("two pictures", "one text row after the picture", "no picture");
    assertStatuses(prompts);
  }

  @Test
  void anExitBehindALayerIsTheWithdrawalBeforeTheNext() {
    try (DecoderRuntime runtime = open(DemoModel.endless(), new Bounds(1, 8))) {
      for (JsonNode golden : DemoModel.goldens("pruned.json")) {
        for (int segment = 0; segment < DemoModel.SEGMENTS - 1; segment++) {
          Prompt prompt = DemoModel.prompt(golden);
          Started exited = start(runtime, greedy(prompt, observing(Set.of(segment), true), ANSWER));
          exited.listener().await(SegmentEnded.class);
          exited.generation().resume(segment, true);
          Started withdrawn =
              start(
                  runtime,
                  greedy(prompt, withdrawnBefore((segment + 1) * LAYERS_PER_SEGMENT), ANSWER));

          // The tokens with their probabilities, to the last bit.
          assertThat(exited.sampled()).isEqualTo(withdrawn.sampled());
        }
      }
    }
  }

  private void assertStatuses(List<JsonNode> cases) {
    double worstStatus = 0;
    double worstLogits = 0;
    try (DecoderRuntime runtime =
            open(DemoModel.endless(DemoModel.layerwise()), new Bounds(1, 64));
        ExitGates gates = gates()) {
      for (JsonNode golden : cases) {
        Walk walk = new Walk(gates, golden, false);
        Prompt prompt =
            golden.has("pictures") ? DemoModel.promptOfParts(golden) : DemoModel.prompt(golden);
        walk.run(runtime, prompt, 1);
        worstStatus = Math.max(worstStatus, walk.worstStatus);
        worstLogits = Math.max(worstLogits, walk.worstLogits);
      }
    }
    System.out.printf("gates: text status %.1e, logits %.1e%n", worstStatus, worstLogits);
    assertThat(worstStatus).isLessThan(1e-4);
    assertThat(worstLogits).isLessThan(1e-3);
  }

  private static ExitGates gates() {
    return EmbeddedRuntimes.gates(DemoModel.layerwise(), EmbeddedSettings.defaults()).orElseThrow();
  }

  private static List<Integer> tokens(JsonNode ids) {
    return Arrays.stream(DemoModel.longs(ids)).mapToObj(id -> (int) id).toList();
  }

  /** One prompt's way past every gate of an export of single layers. */
  private static final class Walk {

    private final ExitGates gates;
    private final JsonNode golden;
    private final boolean exiting;
    private Optional<Integer> exitLayer = Optional.empty();
    private double worstStatus; // relative to the status's largest number
    private double worstLogits; // absolute

    /**
     * @param exiting whether a gate's word counts
     */
    Walk(ExitGates gates, JsonNode golden, boolean exiting) {
      this.gates = gates;
      this.golden = golden;
      this.exiting = exiting;
    }

    List<Integer> run(DecoderRuntime runtime, Prompt prompt, int answer) {
      Set<Integer> observed = gates.layers().stream().collect(Collectors.toSet());
      Started started = start(runtime, greedy(prompt, observing(observed, true), answer));
      for (int layer : gates.layers()) {
        float[] status = started.listener().await(SegmentEnded.class).end().textStatus();
        boolean exit = exitLayer.isEmpty() && asked(layer, status) && exiting;
        if (exit) {
          exitLayer = Optional.of(layer);
        }
        started.generation().resume(layer, exit);
      }
      return started.answer();
    }

    /** What the gate says; behind an exit the reference knows no more. */
    private boolean asked(int layer, float[] status) {
      ExitLogits logits = gates.logits(layer, status);
      worstLogits =
          Math.max(
              worstLogits,
              distance(
                  new float[] {logits.keep(), logits.exit()}, golden.get("logits").get(layer)));
      if (golden.has("text_status")) {
        JsonNode expected = golden.get("text_status").get(layer);
        worstStatus = Math.max(worstStatus, distance(status, expected) / largest(expected));
      }
      return logits.margin() > 0;
    }

    private static double largest(JsonNode numbers) {
      return StreamSupport.stream(numbers.spliterator(), false)
          .mapToDouble(number -> Math.abs(number.asDouble()))
          .max()
          .orElseThrow();
    }

    /** The largest difference, absolute. */
    private static double distance(float[] actual, JsonNode expected) {
      assertThat(actual).hasSize(expected.size());
      return IntStream.range(0, actual.length)
          .mapToDouble(index -> Math.abs(actual[index] - expected.get(index).asDouble()))
          .max()
          .orElse(0);
    }
  }
}
