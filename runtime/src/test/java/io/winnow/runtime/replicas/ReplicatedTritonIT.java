package io.winnow.runtime.replicas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.PrefillPlan.Ranking;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.contract.RecordingListener;
import io.winnow.runtime.contract.RecordingListener.PrefillStarted;
import io.winnow.runtime.contract.RecordingListener.SegmentEnded;
import io.winnow.runtime.contract.RecordingListener.Token;
import io.winnow.runtime.triton.OnTriton;
import io.winnow.runtime.triton.RealTriton;
import io.winnow.runtime.triton.TritonRuntimes;
import io.winnow.runtime.triton.TritonSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two real Tritons, one of which is lost in the midst of an answer. Credit says when exactly. */
@OnTriton
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicatedTritonIT {

  private static final int ANSWER = 24;
  private static final int BEFORE = 7; // tokens before the loss
  private static final String MODEL = "demo-decoder";
  private static final Sampling WARM = new Sampling(1.3, 0.95, 0, 20261125, 2);

  private final Map<RealTriton, DecoderRuntime> servers = new LinkedHashMap<>();
  private ReplicatedDecoderRuntime runtime;

  @BeforeAll
  void start() {
    for (int number = 0; number < 2; number++) {
      RealTriton triton = RealTriton.start(DemoModel.model().root(), "--models", MODEL);
      servers.put(
          triton,
          TritonRuntimes.decoder(DemoModel.endless(), triton.address(), TritonSettings.defaults()));
    }
    runtime =
        ReplicatedDecoderRuntime.open(
            DemoModel.endless().manifest().getDecoder(),
            Set.of(),
            Replicas.named(servers.values()),
            ReplicaSettings.defaults().withStalledAfter(Duration.ofSeconds(15)));
  }

  @AfterAll
  void stop() {
    if (runtime != null) {
      runtime.close();
    }
    servers.keySet().forEach(RealTriton::close);
  }

  @AfterEach
  void everyServerIsBackAndIdle() {
    assertThat(runtime.alive()).isTrue();
    await(() -> servers.values().stream().allMatch(server -> server.load().running() == 0));
  }

  static List<Sampling> samplings() {
    return List.of(Sampling.greedy(), WARM);
  }

  @ParameterizedTest
  @MethodSource("samplings")
  void anAnswerWhoseServerIsKilledGoesOnAsIfNothingHadHappened(Sampling sampling) {
    for (JsonNode golden : goldens("fitprune", "vtw-4")) {
      GenerationRequest request = request(golden, keeping(golden), sampling);
      assertUnchangedBy(request, RealTriton::kill, RealTriton::restart);
    }
  }

  @Test
  void anAnswerWhoseServerDrainsGoesOn() {
    GenerationRequest request = request(goldens("keep-all").get(0), PrefillPlan.keepAll(), WARM);

    assertUnchangedBy(
        request,
        triton -> {
          ProcessHandle.of(triton.pid()).orElseThrow().destroy();
          // It takes no verbs any more, but has not ended what it has.
          await(() -> !servers.get(triton).alive());
        },
        triton -> {
          triton.stop();
          triton.restart();
        });
  }

  @Test
  void anAnswerWhoseServerHangsGoesOn() {
    GenerationRequest request = request(goldens("keep-all").get(0), PrefillPlan.keepAll(), WARM);

    assertUnchangedBy(request, RealTriton::freeze, RealTriton::thaw);
  }

  @Test
  void aGenerationThatIsQueuedOnAServerThatHangsGoesOn() {
    List<Generation> holders = new ArrayList<>(); // of all slots that are large enough
    for (int slot = 0; slot < 8 * servers.size(); slot++) {
      RecordingListener holder = new RecordingListener();
      holders.add(runtime.start(longest(), holder));
      holder.await(PrefillStarted.class);
    }
    List<RecordingListener> queued = List.of(new RecordingListener(), new RecordingListener());
    List<Generation> waiting =
        queued.stream().map(listener -> runtime.start(longest(), listener)).toList();
    waiting.forEach(generation -> generation.decode(1));
    RealTriton lost = servers.keySet().iterator().next();
    try {
      await(() -> servers.values().stream().allMatch(one -> one.load().queued() == 1));
      lost.freeze();
      // It leaves the one before it asks the other.
      await(() -> servers.values().stream().anyMatch(one -> one.load().queued() == 2));
      assertThat(servers.get(lost).load().queued()).isZero();
    } finally {
      lost.thaw();
      holders.forEach(Generation::close);
    }

    queued.forEach(listener -> listener.await(Token.class));
    waiting.forEach(Generation::close);
    back(lost, unused -> {});
  }

  /** It needs a slot of the largest class. */
  private static GenerationRequest longest() {
    return new GenerationRequest(
        DemoModel.textPrompt(3), PrefillPlan.keepAll(), Sampling.greedy(), 1_000_000);
  }

  @Test
  void anAnswerWhoseModelIsUnloadedGoesOn() {
    GenerationRequest request = request(goldens("keep-all").get(0), PrefillPlan.keepAll(), WARM);

    assertUnchangedBy(request, triton -> triton.unload(MODEL), triton -> triton.load(MODEL));
  }

  @Test
  void aPrefillWhoseServerIsKilledBeginsAgain() {
    GenerationRequest request = request(goldens("keep-all").get(0), PrefillPlan.keepAll(), WARM);
    List<SampledToken> undisturbed = answer(request);
    RecordingListener listener = new RecordingListener();
    Generation generation = runtime.start(request, listener);
    listener.await(PrefillStarted.class);

    RealTriton lost = busy();
    lost.kill();
    generation.decode(ANSWER);

    assertSame(listener.awaitAnswer(), undisturbed);
    assertThat(listener.seen()).filteredOn(PrefillStarted.class::isInstance).hasSize(1);
    back(lost, RealTriton::restart);
  }

  @Test
  void aVerdictThatIsGivenWhileNobodyRunsIsNotAskedForAgain() {
    PrefillPlan plan =
        new PrefillPlan(Optional.empty(), Ranking.FITPRUNE, new float[0], Set.of(0, 1), true);
    GenerationRequest request = request(goldens("keep-all").get(0), plan, Sampling.greedy());
    List<SampledToken> undisturbed = exiting(request, segment -> {});

    List<SampledToken> disturbed =
        exiting(
            request,
            segment -> {
              if (segment == 1) {
                RealTriton lost = busy();
                lost.kill();
                back(lost, RealTriton::restart);
              }
            });

    assertSame(disturbed, undisturbed);
  }

  /** Exits at the end of segment 1, after whatever happens before the verdict. */
  private List<SampledToken> exiting(GenerationRequest request, Consumer<Integer> before) {
    RecordingListener listener = new RecordingListener();
    Generation generation = runtime.start(request, listener);
    for (int segment = 0; segment < 2; segment++) {
      assertThat(listener.await(SegmentEnded.class).end().segment()).isEqualTo(segment);
      before.accept(segment);
      generation.resume(segment, segment == 1);
    }
    generation.decode(ANSWER);
    return listener.awaitAnswer();
  }

  @Test
  void theOnlyServerIsMissedClearlyAndUsedAgainOnceItIsBack() {
    RealTriton triton = servers.keySet().iterator().next();
    GenerationRequest request =
        request(goldens("keep-all").get(0), PrefillPlan.keepAll(), Sampling.greedy());
    List<SampledToken> undisturbed = answer(request);
    try (ReplicatedDecoderRuntime alone =
        ReplicatedDecoderRuntime.open(
            DemoModel.endless().manifest().getDecoder(),
            Set.of(),
            Replicas.named(
                List.of(
                    TritonRuntimes.decoder(
                        DemoModel.endless(), triton.address(), TritonSettings.defaults()))),
            ReplicaSettings.defaults())) {
      RecordingListener lost = new RecordingListener();
      alone.start(request, lost).decode(3);
      lost.await(Token.class);
      triton.kill();
      assertThat(lost.awaitFailure(Kind.UNAVAILABLE).message()).contains("ask again");
      RecordingListener refused = new RecordingListener();
      alone.start(request, refused);
      refused.awaitFailure(Kind.UNAVAILABLE);

      triton.restart();
      await(alone::alive); // the next look at the server comes within seconds
      RecordingListener again = new RecordingListener();
      Generation generation = alone.start(request, again);
      generation.decode(ANSWER);
      assertSame(again.awaitAnswer(), undisturbed);
    }
    back(triton, unused -> {});
  }

  private void assertUnchangedBy(
      GenerationRequest request, Consumer<RealTriton> loss, Consumer<RealTriton> recovery) {
    List<SampledToken> undisturbed = answer(request);
    RecordingListener listener = new RecordingListener();
    Generation generation = runtime.start(request, listener);
    generation.decode(BEFORE);
    for (int token = 0; token < BEFORE; token++) {
      listener.await(Token.class);
    }

    RealTriton lost = busy();
    List<SampledToken> disturbed;
    try {
      loss.accept(lost);
      generation.decode(ANSWER - BEFORE);
      disturbed = listener.awaitAnswer();
    } finally {
      recovery.accept(lost);
    }
    back(lost, unused -> {});

    assertSame(disturbed, undisturbed);
    assertThat(listener.losses()).hasSize(1);
  }

  private List<SampledToken> answer(GenerationRequest request) {
    RecordingListener listener = new RecordingListener();
    runtime.start(request, listener).decode(ANSWER);
    return listener.awaitAnswer();
  }

  /** The server that runs the only generation. */
  private RealTriton busy() {
    return servers.entrySet().stream()
        .filter(server -> server.getValue().load().running() > 0)
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  /** Lets a server come back, and waits until it is used again. */
  private void back(RealTriton lost, Consumer<RealTriton> recovery) {
    recovery.accept(lost);
    DecoderRuntime client = servers.get(lost);
    GenerationRequest small =
        new GenerationRequest(DemoModel.textPrompt(3), PrefillPlan.keepAll(), Sampling.greedy(), 1);
    await(
        () -> {
          RecordingListener listener = new RecordingListener();
          client.start(small, listener).decode(1);
          boolean answers = listener.awaitEnd() instanceof RecordingListener.Finished;
          // And is not left alone any more, which takes seconds.
          return answers && runtime.load().slots() == servers.size() * client.load().slots();
        });
  }

  private static void await(BooleanSupplier condition) {
    for (int round = 0; round < 1200; round++) {
      if (condition.getAsBoolean()) {
        return;
      }
      RealTriton.pause();
    }
    throw new AssertionError("in vain");
  }

  private static void assertSame(List<SampledToken> tokens, List<SampledToken> expected) {
    assertThat(tokens.stream().map(SampledToken::id).toList())
        .isEqualTo(expected.stream().map(SampledToken::id).toList());
    for (int step = 0; step < tokens.size(); step++) {
      assertThat(tokens.get(step).step()).isEqualTo(step);
      assertThat(tokens.get(step).logprob()).isCloseTo(expected.get(step).logprob(), within(1e-3));
    }
  }

  private static GenerationRequest request(JsonNode golden, PrefillPlan plan, Sampling sampling) {
    return new GenerationRequest(DemoModel.prompt(golden), plan, sampling, ANSWER);
  }

  private static List<JsonNode> goldens(String... cases) {
    return StreamSupport.stream(DemoModel.goldens("pruned.json").spliterator(), false)
        .filter(golden -> golden.get("name").asText().startsWith("ex05"))
        .filter(golden -> Set.of(cases).contains(golden.get("case").asText()))
        .toList();
  }

  private static PrefillPlan keeping(JsonNode golden) {
    long[][] keep = // [layers][1]
        LongStream.of(DemoModel.longs(golden.get("keep")))
            .mapToObj(count -> new long[] {count})
            .toArray(long[][]::new);
    return new PrefillPlan(Optional.of(keep), Ranking.FITPRUNE, new float[0], Set.of(), false);
  }
}
