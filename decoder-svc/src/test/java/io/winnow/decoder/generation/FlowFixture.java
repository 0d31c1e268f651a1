package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ReductionWish;
import io.winnow.v1.DecoderManifest;
import io.winnow.v1.GatesManifest;
import io.winnow.v1.ModelManifest;
import io.winnow.v1.Preprocessing;
import io.winnow.v1.PromptManifest;
import io.winnow.v1.SegmentManifest;
import io.winnow.v1.VisionManifest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A flow among fakes: four visual tokens a picture, eight layers in four segments. */
final class FlowFixture {

  static final int TOKENS = 4;
  static final int HIDDEN = 2;
  static final int CONTEXT = 40;
  static final FlowLimits LIMITS =
      new FlowLimits(
          4,
          8,
          1_000,
          2_000,
          Duration.ofSeconds(2),
          Duration.ofMillis(500),
          Duration.ofSeconds(30));

  final Simulation simulation = new Simulation();
  final FakeEncoder encoder = new FakeEncoder(simulation, TOKENS, HIDDEN);
  final FakePruner pruner = new FakePruner(simulation);
  final FakeDecoderRuntime runtime =
      new FakeDecoderRuntime(manifest().getDecoder(), simulation::lane).say("yes");
  final RecordingListener listener = new RecordingListener();
  final GenerationFlow flow;

  FlowFixture() {
    this(LIMITS);
  }

  FlowFixture(FlowLimits limits) {
    flow =
        new GenerationFlow(
            List.of(new AnsweringModel(manifest(), 1_700_000_000, new FakeText(), runtime)),
            new FlowPorts(encoder, pruner, simulation.lane(), simulation, () -> 4711),
            limits);
  }

  static ModelManifest manifest() {
    DecoderManifest.Builder decoder =
        DecoderManifest.newBuilder()
            .setLayers(8)
            .setHiddenSize(HIDDEN)
            .setIntermediateSize(6)
            .setHeads(1)
            .setKvHeads(1)
            .setContextLength(CONTEXT);
    for (int segment = 0; segment < 4; segment++) {
      decoder.addSegments(SegmentManifest.newBuilder().setFirstLayer(2 * segment).setLayerCount(2));
    }
    return ModelManifest.newBuilder()
        .setName("fake")
        .setVision(
            VisionManifest.newBuilder()
                .setGridRows(2)
                .setGridColumns(2)
                .setImageHeight(8)
                .setImageWidth(8)
                .setPreprocessing(Preprocessing.newBuilder().setShortestEdge(8)))
        .setDecoder(decoder)
        .setGates(GatesManifest.newBuilder().setWeightsSha256("ab12"))
        .setPrompt(PromptManifest.newBuilder().addEosTokenIds(FakeText.EOS))
        .build();
  }

  /** Starts an answer, allows it any number of deltas and lets everything settle. */
  ActiveAnswer answer(ChatRequest request) {
    ActiveAnswer answer = flow.answer(request, listener);
    answer.request(1_000);
    simulation.settle();
    return answer;
  }

  /** Nothing is held for an answer at any hop. */
  boolean allFreed() {
    return encoder.open() == 0
        && pruner.open() == 0
        && runtime.open() == 0
        && flow.liveAnswers() == 0
        && simulation.timers() == 0;
  }

  static ChatMessage.Part text(String text) {
    return new ChatMessage.Text(text);
  }

  /** A picture whose tokens the fake encoder derives from {@code number}. */
  static ChatMessage.Part picture(int number) {
    return picture(number, ChatMessage.Detail.AUTO);
  }

  static ChatMessage.Part picture(int number, ChatMessage.Detail detail) {
    return new ChatMessage.PictureFile(new byte[] {(byte) number, 0, 0}, detail);
  }

  static Ask ask(ChatMessage.Part... parts) {
    return new Ask(parts);
  }

  /** Builds requests. */
  static final class Ask {

    private final List<ChatMessage> messages = new ArrayList<>();
    private Optional<String> model = Optional.empty();
    private OptionalInt maxTokens = OptionalInt.empty();
    private List<String> stop = List.of();
    private OptionalInt topLogprobs = OptionalInt.empty();
    private OptionalLong seed = OptionalLong.empty();
    private ReductionWish wish = ReductionWish.auto();
    private Duration timeout = Duration.ofMinutes(5);

    Ask(ChatMessage.Part... parts) {
      messages.add(new ChatMessage(ChatMessage.Role.USER, Arrays.asList(parts)));
    }

    Ask then(ChatMessage.Role role, ChatMessage.Part... parts) {
      messages.add(new ChatMessage(role, Arrays.asList(parts)));
      return this;
    }

    Ask model(String name) {
      model = Optional.of(name);
      return this;
    }

    Ask maxTokens(int tokens) {
      maxTokens = OptionalInt.of(tokens);
      return this;
    }

    Ask stop(String... strings) {
      stop = List.of(strings);
      return this;
    }

    Ask topLogprobs(int top) {
      topLogprobs = OptionalInt.of(top);
      return this;
    }

    Ask seed(long value) {
      seed = OptionalLong.of(value);
      return this;
    }

    Ask wish(ReductionWish value) {
      wish = value;
      return this;
    }

    Ask timeout(Duration value) {
      timeout = value;
      return this;
    }

    ChatRequest request() {
      return new ChatRequest(
          "id-1",
          model,
          messages,
          new ChatRequest.SamplingChoice(0.7, 0.9, 5, seed),
          maxTokens,
          stop,
          topLogprobs,
          wish,
          timeout);
    }
  }
}
