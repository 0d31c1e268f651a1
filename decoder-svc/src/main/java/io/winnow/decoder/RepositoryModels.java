package io.winnow.decoder;

import io.winnow.decoder.config.DecoderConfig;
import io.winnow.decoder.config.TritonConfig;
import io.winnow.decoder.generation.AnsweringModel;
import io.winnow.decoder.generation.TokenizerText;
import io.winnow.decoder.generation.WarmUp;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import io.winnow.runtime.text.ChatTemplate;
import io.winnow.runtime.text.PromptEncoder;
import io.winnow.runtime.text.Tokenizer;
import io.winnow.runtime.triton.TritonFleet;
import io.winnow.v1.PromptManifest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The models of the repository, opened, warm, the default one first. */
final class RepositoryModels implements AutoCloseable {

  private static final Logger log = System.getLogger(RepositoryModels.class.getName());

  /** Answers are ended here first; a server that has not heard of it is not asked for ever. */
  private static final Duration TRITON_GRACE = Duration.ofMinutes(1);

  private static final Duration WARM_UP_PATIENCE = Duration.ofMinutes(2);

  private final DecoderConfig config;
  private final Optional<TritonFleet> tritons;
  private final List<AnsweringModel> opened = new ArrayList<>();
  private final List<Tokenizer> tokenizers = new ArrayList<>();

  private RepositoryModels(DecoderConfig config, TritonConfig triton) {
    this.config = config;
    Duration longest = config.decoder().answerTimeout().plus(TRITON_GRACE);
    this.tritons = TritonFleet.of(triton, longest);
  }

  /**
   * Opens all of them, or none.
   *
   * @throws io.winnow.runtime.ModelRepositoryException if one cannot be loaded
   */
  static RepositoryModels open(DecoderConfig config, TritonConfig triton)
      throws InterruptedException {
    RepositoryModels models = new RepositoryModels(config, triton);
    try {
      models.openAll();
      models.warmUp();
      return models;
    } catch (RuntimeException | InterruptedException e) {
      models.close();
      throw e;
    }
  }

  List<AnsweringModel> all() {
    return List.copyOf(opened);
  }

  /** Stops what still runs; see {@link DecoderRuntime#close()}. */
  @Override
  public void close() {
    opened.forEach(model -> model.runtime().close());
    tokenizers.forEach(Tokenizer::close);
  }

  /**
   * Where the models run elsewhere, there may be nobody yet, and that is no reason not to start.
   */
  private void warmUp() throws InterruptedException {
    for (AnsweringModel model : opened) {
      if (tritons.isEmpty()) {
        WarmUp.run(model, WARM_UP_PATIENCE);
      } else if (model.runtime().alive()) {
        try {
          WarmUp.run(model, WARM_UP_PATIENCE);
        } catch (IllegalStateException e) {
          log.log(Level.WARNING, "not warm: {0}", e.getMessage());
        }
      }
    }
  }

  private void openAll() {
    ModelRepository repository = ModelRepository.open(config.models());
    List<String> names = new ArrayList<>(repository.models());
    if (names.isEmpty()) {
      throw new IllegalStateException(
          "model repository " + config.models() + " is empty: export a model to it");
    }
    config
        .decoder()
        .defaultModel()
        .ifPresent(
            first -> {
              if (!names.contains(first)) {
                throw new IllegalStateException(
                    "winnow.decoder.default-model is \"" + first + "\", there are " + names);
              }
              names.sort(Comparator.comparing(name -> !name.equals(first)));
            });
    names.forEach(name -> opened.add(open(repository.model(name))));
  }

  private AnsweringModel open(RepositoryModel model) {
    PromptManifest prompt = model.manifest().getPrompt();
    Path template = model.file(prompt.getChatTemplate());
    try {
      Tokenizer tokenizer = Tokenizer.load(model.file(prompt.getTokenizer()));
      tokenizers.add(tokenizer);
      PromptEncoder encoder =
          new PromptEncoder(
              tokenizer,
              new ChatTemplate(
                  Files.readString(template),
                  prompt.getBosToken(),
                  prompt.getEosToken(),
                  prompt.getImageToken()),
              prompt);
      return new AnsweringModel(
          model.manifest(),
          Files.getLastModifiedTime(template).toInstant().getEpochSecond(),
          new TokenizerText(tokenizer, encoder),
          tritons.isPresent()
              ? tritons.get().decoder(model)
              : EmbeddedRuntimes.decoder(model, settings()));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the text side of model \"" + model.name() + "\" cannot be read", e);
    }
  }

  private EmbeddedSettings settings() {
    DecoderConfig.Decoder own = config.decoder();
    // What the flow takes in always finds a place to wait.
    EmbeddedSettings settings =
        EmbeddedSettings.defaults()
            .withMaxQueued(own.maxAnswers())
            .withSlotsPerClass(own.slots())
            .withCapacityClasses(own.slotCapacities().orElse(List.of()))
            .withKvBytesLimit(own.kvBytes().asLongValue());
    return own.intraOpThreads().isPresent()
        ? settings.withIntraOpThreads(own.intraOpThreads().getAsInt())
        : settings;
  }
}
