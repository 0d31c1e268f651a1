package io.winnow.bench;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.EncodedPicture;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillPlan;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.Sampling;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import io.winnow.runtime.picture.PictureLimits;
import io.winnow.runtime.picture.PicturePreprocessor;
import io.winnow.runtime.picture.PictureReader;
import io.winnow.runtime.text.ChatTemplate;
import io.winnow.runtime.text.ChatTurn;
import io.winnow.runtime.text.PromptEncoder;
import io.winnow.runtime.text.Tokenizer;
import io.winnow.v1.PromptManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The same work without a mesh: picture file to first token inside this JVM. One caller at a time.
 */
final class DirectPath implements AutoCloseable {

  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private final PictureReader reader = new PictureReader(PictureLimits.DEFAULT);
  private final PicturePreprocessor preprocessor;
  private final Tokenizer tokenizer;
  private final PromptEncoder prompts;
  private final EncoderRuntime encoder;
  private final DecoderRuntime decoder;

  DirectPath(RepositoryModel model) throws IOException {
    PromptManifest text = model.manifest().getPrompt();
    preprocessor = new PicturePreprocessor(model.manifest().getVision());
    tokenizer = Tokenizer.load(model.file(text.getTokenizer()));
    ChatTemplate template =
        new ChatTemplate(
            Files.readString(model.file(text.getChatTemplate())),
            text.getBosToken(),
            text.getEosToken(),
            text.getImageToken());
    prompts = new PromptEncoder(tokenizer, template, text);
    encoder = EmbeddedRuntimes.encoder(model, EmbeddedSettings.defaults());
    decoder = EmbeddedRuntimes.decoder(model, EmbeddedSettings.defaults());
  }

  /** Time from picture file and question to the first token, in milliseconds. */
  double firstTokenMillis(byte[] picture, String question) throws Exception {
    long begin = System.nanoTime();
    TokenCounter counter = new TokenCounter();
    GenerationRequest request =
        new GenerationRequest(
            prompt(picture, question), PrefillPlan.keepAll(), Sampling.greedy(), 1);
    decoder.start(request, counter).decode(1);
    counter.firstToken().get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    double millis = (System.nanoTime() - begin) / 1e6;
    counter.end().get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    return millis;
  }

  /** The prompt of one question about one picture, encoded. */
  Prompt prompt(byte[] picture, String question) {
    EncodedPicture encoded = encoder.encode(preprocessor.preprocess(reader.read(picture)));
    ChatTurn turn =
        new ChatTurn("user", List.of(new ChatTurn.Picture(), new ChatTurn.Text(question)));
    return prompts
        .encode(List.of(turn))
        .expand(encoded.tokens())
        .withVisualTokens(encoded.visualTokens());
  }

  DecoderRuntime decoder() {
    return decoder;
  }

  @Override
  public void close() {
    decoder.close();
    encoder.close();
    tokenizer.close();
  }
}
