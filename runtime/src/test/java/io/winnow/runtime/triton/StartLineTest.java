package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is sent when. */
class StartLineTest {

  private static final RepositoryModel MODEL = DemoModel.endless();

  private final ScriptedDecoder server =
      new ScriptedDecoder(MODEL.manifest().getCheckpointSha256());
  private final TritonDecoderRuntime runtime =
      new TritonDecoderRuntime(
          MODEL, server.address(), TritonSettings.defaults(), Duration.ofHours(1));
  private final StartLine line = new StartLine(2);

  @AfterEach
  void close() {
    runtime.close();
    server.close();
  }

  @Test
  void oneIsSentAtATimeInTheOrderOfArrival() {
    TritonGeneration a = generation("a");
    TritonGeneration b = generation("b");
    line.join(a);
    line.join(b);
    assertSent("a");

    line.answered(a);
    assertSent("b");
  }

  @Test
  void theLineIsBounded() {
    line.join(generation("a")); // sent, so not in line
    assertThat(line.join(generation("b"))).isTrue();
    assertThat(line.join(generation("c"))).isTrue();

    assertThat(line.join(generation("d"))).isFalse();
  }

  @Test
  void leavingEmptiesTheLineButNotTheOneWhoseAnswerIsDue() {
    TritonGeneration a = generation("a");
    TritonGeneration b = generation("b");
    TritonGeneration c = generation("c");
    line.join(a);
    line.join(b);
    line.join(c);
    assertSent("a");

    assertThat(line.leave()).containsExactly(b, c);
    TritonGeneration d = generation("d");
    line.join(d);
    assertThat(server.arrivals).as("the answer to the first is still due").isEmpty();
    line.answered(a);
    assertSent("d");
    line.answered(d);
    assertThat(server.arrivals).isEmpty();
  }

  @Test
  void oneThatEndsInLineIsNotSent() {
    TritonGeneration a = generation("a");
    TritonGeneration b = generation("b");
    line.join(a);
    line.join(b);
    line.join(generation("c"));
    assertSent("a");

    line.answered(b);
    assertThat(server.arrivals).isEmpty();
    line.answered(a);
    assertSent("c");
  }

  private void assertSent(String name) {
    assertThat(server.arrival().prefill().getId()).isEqualTo(name);
    assertThat(server.arrivals).isEmpty();
  }

  private TritonGeneration generation(String name) {
    GenerationRequest request =
        new GenerationRequest(DemoModel.textPrompt(5), PrefillPlan.keepAll(), Sampling.greedy(), 4);
    return new TritonGeneration(name, request, new RecordingListener(), runtime);
  }
}
