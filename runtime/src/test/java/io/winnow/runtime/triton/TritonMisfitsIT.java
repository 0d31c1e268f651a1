package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.Bounds;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.triton.client.CallSettings;
import io.winnow.runtime.triton.client.ChannelSettings;
import io.winnow.runtime.triton.client.InferRequest;
import io.winnow.runtime.triton.client.InferResponse;
import io.winnow.runtime.triton.client.InferStream;
import io.winnow.runtime.triton.client.StreamListener;
import io.winnow.runtime.triton.client.StreamSettings;
import io.winnow.runtime.triton.client.Tensor;
import io.winnow.runtime.triton.client.TritonEndpoint;
import io.winnow.runtime.triton.client.TritonException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that no runtime sends: the decoder says what is wrong with them, and goes on. */
@OnTriton
class TritonMisfitsIT {

  private static final int LAYERS = 8;
  private static final int HIDDEN = 128;
  private static final Bounds BOUNDS = new Bounds(2, 3);

  /** A change that spoils a request, and what the answer says about it. */
  private record Misfit(InferRequest request, String complaint) {}

  static List<Misfit> misfits() {
    return List.of(
        spoilt("visual_tokens", Tensor.fp32(new float[7], 1, 7), "visual_tokens"),
        spoilt("visual_tokens", Tensor.fp32(new float[HIDDEN], 1, HIDDEN), "visual_tokens"),
        spoilt("keep", Tensor.int64(new long[3], 3, 1), "keep"),
        spoilt("keep", Tensor.int64(new long[LAYERS * 2], LAYERS, 2), "keep"),
        spoilt("token_ids", Tensor.fp32(new float[5], 5), "token_ids"),
        spoilt("token_ids", Tensor.int64(new long[] {1, 5, 1_000_000, 6, 7}, 5), "vocabulary"),
        spoilt("spans", Tensor.int64(new long[3], 3), "differ in length"),
        spoilt("positions", Tensor.int64(new long[] {0, 1, 1, 2, 3}, 5), "ascend"),
        spoilt("observed", Tensor.int64(new long[] {99}, 1), "segment"),
        spoilt("replay", Tensor.int64(new long[] {-3}, 1), "replayed token"),
        spoilt("sampling", Tensor.doubles(new double[] {-1, 1}, 2), "temperature"),
        spoilt("sampling", Tensor.doubles(new double[] {1, 0}, 2), "top_p"),
        spoilt("sampling", Tensor.doubles(new double[3], 3), "sampling"),
        new Misfit(fitting().parameter("verb", "sing").build(), "sing"),
        new Misfit(fitting().parameter("credit", -1).build(), "credit"),
        new Misfit(fitting().parameter("exit_before", 0).build(), "exit_before"),
        new Misfit(fitting().parameter("exit_before", 99).build(), "exit_before"),
        new Misfit(fitting().parameter("top_k", "some").build(), "top_k"),
        new Misfit(fitting().parameter("top_logprobs", -1).build(), "top_logprobs"),
        new Misfit(fitting().parameter("ranking", 9).build(), "ranking"),
        new Misfit(fitting().parameter("max_tokens", 0).build(), "max_tokens"),
        new Misfit(InferRequest.to(model()).build(), "verb"),
        new Misfit(InferRequest.to(model()).parameter("verb", "prefill").build(), "generation"));
  }

  /** Verbs to a live generation, and what is said about them. */
  static List<Misfit> misfitVerbs() {
    return List.of(
        new Misfit(verb("sing").build(), "sing"),
        new Misfit(verb("decode").build(), "tokens"),
        new Misfit(verb("decode").parameter("tokens", 0).build(), "tokens"),
        new Misfit(verb("decode").parameter("tokens", -3).build(), "tokens"),
        new Misfit(verb("resume").parameter("segment", 0).build(), "exit"),
        new Misfit(verb("resume").parameter("exit", true).build(), "segment"),
        new Misfit(
            verb("resume").parameter("segment", -1).parameter("exit", true).build(), "segment"),
        new Misfit(
            verb("resume").parameter("segment", 99).parameter("exit", true).build(), "segment"));
  }

  @ParameterizedTest
  @MethodSource("misfitVerbs")
  void endTheirGenerationAndFreeItsSlot(Misfit misfit) throws Exception {
    try (TritonEndpoint endpoint =
        TritonEndpoint.at(TritonContracts.server().address(), ChannelSettings.defaults())) {
      for (int time = 0; time < BOUNDS.slots() + BOUNDS.maxQueued() + 1; time++) {
        String name = "misfit-" + System.nanoTime();
        InferRequest waiting = // without credit, it would wait for ever
            fitting().parameter("generation", name).parameter("credit", 0).build();
        InferRequest verb = misfit.request().toBuilder().parameter("generation", name).build();
        assertThat(answer(endpoint, waiting, verb))
            .startsWith("INVALID_ARGUMENT")
            .contains(misfit.complaint());
      }
      assertThat(answer(endpoint, fitting().build())).isEqualTo("Finished");
    }
  }

  @Test
  void ofGenerationsThatHaveEndedAreIgnored() throws Exception {
    try (TritonEndpoint endpoint =
        TritonEndpoint.at(TritonContracts.server().address(), ChannelSettings.defaults())) {
      InferRequest late = verb("decode").parameter("generation", "long gone").build();
      assertThat(
              answer(endpoint, late.toBuilder().parameter("tokens", 3).build(), fitting().build()))
          .isEqualTo("Finished");
    }
  }

  @Test
  void keepAModelFromLoadingWhereTheyAreItsSettings() {
    for (Map<String, String> wrong :
        List.of(
            Map.of("idle_seconds", "soon"),
            Map.of("idle_seconds", "0"),
            Map.of("intra_op_threads", "-1"))) {
      assertThatThrownBy(() -> TritonContracts.load(DemoModel.endless(), BOUNDS, wrong))
          .as(wrong.toString())
          .hasMessageContaining("gives 400");
    }
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void areRefusedWithTheReason(Misfit misfit) throws Exception {
    try (TritonEndpoint endpoint =
        TritonEndpoint.at(TritonContracts.server().address(), ChannelSettings.defaults())) {
      assertThat(answer(endpoint, misfit.request())).contains(misfit.complaint());
      assertThat(answer(endpoint, fitting().build())).isEqualTo("Finished");
    }
  }

  /** How a request ends: what is wrong with it, or the name of its last event. */
  private static String answer(TritonEndpoint endpoint, InferRequest... requests) throws Exception {
    BlockingQueue<String> ends = new LinkedBlockingQueue<>();
    StreamSettings settings =
        new StreamSettings(
            CallSettings.within(Duration.ofMinutes(1)), StreamSettings.UNLIMITED, model());
    StreamListener listener =
        new StreamListener() {
          @Override
          public void onResponse(InferResponse response) {
            DecoderEvent event = DecoderEvent.of(response);
            if (event instanceof DecoderEvent.Failed failed) {
              ends.add(failed.kind() + " " + failed.message());
            } else if (event instanceof DecoderEvent.Finished) {
              ends.add("Finished");
            }
          }

          @Override
          public void onRequestFailed(String requestId, String message) {
            ends.add(message);
          }

          @Override
          public void onClosed(@Nullable TritonException failure) {
            ends.add("closed: " + failure);
          }
        };
    try (InferStream stream = endpoint.openStream(settings, listener)) {
      for (InferRequest request : requests) {
        stream.send(request);
      }
      return String.valueOf(ends.poll(1, TimeUnit.MINUTES));
    }
  }

  private static Misfit spoilt(String input, Tensor value, String complaint) {
    return new Misfit(fitting().input(input, value).build(), complaint);
  }

  private static InferRequest.Builder verb(String verb) {
    return InferRequest.to(model()).parameter("verb", verb);
  }

  private static InferRequest.Builder fitting() {
    GenerationRequest request =
        new GenerationRequest(DemoModel.textPrompt(5), PrefillPlan.keepAll(), Sampling.greedy(), 2);
    return new DecoderRequests(model(), List.of())
        .prefill("misfit-" + System.nanoTime(), request, 10).toBuilder();
  }

  private static String model() {
    RepositoryModel model = TritonContracts.load(DemoModel.endless(), BOUNDS, Map.of());
    return model.name() + "-decoder";
  }
}
