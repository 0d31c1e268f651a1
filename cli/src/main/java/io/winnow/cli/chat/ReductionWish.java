package io.winnow.cli.chat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What shall be done to the visual tokens. Says what the user said and nothing more: whether it
 * makes sense is the service's to judge.
 *
 * @param method name of a method; empty leaves it to the service
 * @param flopsRatio remaining share of the decoder prefill's MACs
 * @param keepRatio share of visual tokens kept
 * @param maxTtftMillis longest time to the first token, in milliseconds
 * @param layer layer before which a method of one layer acts
 * @param seed of random choices
 * @param exit of an exit on the way
 * @param report whether the answer shall tell which tokens were kept
 */
public record ReductionWish(
    Optional<String> method,
    OptionalDouble flopsRatio,
    OptionalDouble keepRatio,
    OptionalDouble maxTtftMillis,
    OptionalInt layer,
    OptionalLong seed,
    ExitWish exit,
    boolean report) {

  /** A wish that says nothing of an exit. */
  public ReductionWish(
      Optional<String> method,
      OptionalDouble flopsRatio,
      OptionalDouble keepRatio,
      OptionalDouble maxTtftMillis,
      OptionalInt layer,
      OptionalLong seed,
      boolean report) {
    this(method, flopsRatio, keepRatio, maxTtftMillis, layer, seed, ExitWish.NONE, report);
  }

  /** Leaves everything to the service. */
  public static ReductionWish none() {
    return by(Optional.empty());
  }

  /** Names a method and leaves the rest to the service. */
  public static ReductionWish of(String method) {
    return by(Optional.of(method));
  }

  private static ReductionWish by(Optional<String> method) {
    return new ReductionWish(
        method,
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalLong.empty(),
        false);
  }

  /** The request's {@code visual_token_reduction}; empty if nothing was said. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    method.ifPresent(name -> json.put("method", name));
    flopsRatio.ifPresent(ratio -> json.put("flops_ratio", ratio));
    keepRatio.ifPresent(ratio -> json.put("keep_ratio", ratio));
    maxTtftMillis.ifPresent(millis -> json.put("max_ttft_ms", millis));
    layer.ifPresent(number -> json.put("layer", number));
    seed.ifPresent(number -> json.put("seed", number));
    exit.addTo(json);
    if (report) {
      json.put("report", true);
    }
    return json;
  }
}
