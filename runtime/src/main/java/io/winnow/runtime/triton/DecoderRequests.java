package io.winnow.runtime.triton;

import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.Replay;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.triton.client.InferRequest;
import io.winnow.runtime.triton.client.Tensor;
import io.winnow.runtime.triton.client.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/** The verbs of a decoder on Triton as requests: docs/triton.md. */
final class DecoderRequests {

  private static final String VERB = "verb";
  private static final String GENERATION = "generation";

  private final String model;
  private final long[] endTokens;

  /**
   * Makes requests to a model.
   *
   * @param endTokens ids that end an answer
   */
  DecoderRequests(String model, List<Integer> endTokens) {
    this.model = model;
    this.endTokens = endTokens.stream().mapToLong(Integer::longValue).toArray();
  }

  InferRequest describe() {
    return InferRequest.to(model).parameter(VERB, "describe").build();
  }

  /**
   * Begins a generation.
   *
   * @param generation its name, unique on the server
   * @param credit tokens that are granted from the beginning
   */
  InferRequest prefill(String generation, GenerationRequest request, long credit) {
    PrefillPlan plan = request.replay().isPresent() ? request.plan().unobserved() : request.plan();
    Sampling sampling = request.sampling();
    InferRequest.Builder builder =
        InferRequest.to(model)
            .id(generation)
            .parameter(VERB, "prefill")
            .parameter(GENERATION, generation)
            .parameter("ranking", plan.ranking().ordinal())
            .parameter("blocking", plan.blocking())
            .parameter("tracing", plan.tracing())
            .parameter("importance", plan.importance())
            .parameter("next_position", request.prompt().nextPosition())
            .parameter("top_k", sampling.topK())
            .parameter("seed", sampling.seed())
            .parameter("top_logprobs", sampling.topLogprobs())
            .parameter("max_tokens", request.maxTokens())
            .parameter("credit", credit)
            // Not as parameters: Triton loses their last bits on the way to the model.
            .input(
                "sampling",
                Tensor.doubles(new double[] {sampling.temperature(), sampling.topP()}, 2));
    addPrompt(builder, request.prompt());
    addPlan(builder, plan, request.prompt());
    // Also if there are none: without this input the server's manifest would say.
    builder.input("end_tokens", Tensor.int64(endTokens, endTokens.length));
    request.replay().ifPresent(replay -> addReplay(builder, replay));
    return builder.build();
  }

  InferRequest resume(String generation, int segment, boolean exit) {
    return verb("resume", generation).parameter("segment", segment).parameter("exit", exit).build();
  }

  InferRequest decode(String generation, long tokens) {
    return verb("decode", generation).parameter("tokens", tokens).build();
  }

  InferRequest close(String generation) {
    return verb("close", generation).build();
  }

  private InferRequest.Builder verb(String verb, String generation) {
    return InferRequest.to(model).parameter(VERB, verb).parameter(GENERATION, generation);
  }

  private static void addPrompt(InferRequest.Builder builder, Prompt prompt) {
    addLongs(builder, "token_ids", prompt.tokenIds());
    addLongs(builder, "spans", prompt.spans());
    addLongs(builder, "positions", prompt.positions());
    FloatBuffer visual = prompt.visualTokens().duplicate();
    if (visual.hasRemaining()) {
      ByteBuffer bytes =
          ByteBuffer.allocate(visual.remaining() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      int hidden = visual.remaining() / prompt.visualRows();
      bytes.asFloatBuffer().put(visual);
      builder.input(
          "visual_tokens", Tensor.of(TensorType.FP32, bytes, prompt.visualRows(), hidden));
    }
  }

  private static void addPlan(InferRequest.Builder builder, PrefillPlan plan, Prompt prompt) {
    int pictures = prompt.pictures();
    if (plan.keep().isPresent() && pictures > 0) {
      long[][] keep = plan.keep().get(); // [layers][pictures]
      long[] flat = Arrays.stream(keep).flatMapToLong(Arrays::stream).toArray();
      builder.input("keep", Tensor.int64(flat, keep.length, pictures));
    }
    if (plan.scores().length > 0) {
      builder.input("scores", Tensor.fp32(plan.scores(), plan.scores().length));
    }
    addLongs(
        builder,
        "observed",
        plan.observedSegments().stream().mapToLong(Integer::longValue).sorted().toArray());
  }

  private static void addReplay(InferRequest.Builder builder, Replay replay) {
    addLongs(builder, "replay", replay.tokens().stream().mapToLong(Integer::longValue).toArray());
    replay.exitBefore().ifPresent(segment -> builder.parameter("exit_before", segment));
  }

  /** Adds a row of numbers; none at all is an input left out. */
  private static void addLongs(InferRequest.Builder builder, String input, long[] values) {
    if (values.length > 0) {
      builder.input(input, Tensor.int64(values, values.length));
    }
  }
}
