package io.winnow.runtime.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A Hugging Face tokenizer (tokenizer.json), run by the reference's native library, which comes out
 * of the jar; nothing is downloaded. Never truncates or pads, whatever the file says. Thread-safe;
 * {@link #close} waits for calls under way, later calls are an {@link IllegalStateException}.
 *
 * <p>{@link #encode} takes text at its word: a control token's literal becomes the control token.
 * Text of users goes through {@link PromptEncoder} instead.
 */
public final class Tokenizer implements AutoCloseable {

  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "false", "padding", "false");

  static {
    // Before DJL's classes are touched: no downloads, no usage statistics.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private final HuggingFaceTokenizer tokenizer;
  private final TokenizerFile file;
  private final Set<Long> controlIds;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final long[] anchor; // a word, before which a token's text is looked up
  private boolean closed;

  private Tokenizer(HuggingFaceTokenizer tokenizer, TokenizerFile file) {
    this.tokenizer = tokenizer;
    this.file = file;
    this.controlIds = file.controlTokens().values().stream().collect(Collectors.toSet());
    this.anchor = encode("a", false);
  }

  /**
   * Loads a tokenizer.json.
   *
   * @throws IOException if the file cannot be read or is no tokenizer
   */
  public static Tokenizer load(Path tokenizerJson) throws IOException {
    String json = Files.readString(tokenizerJson);
    TokenizerFile file;
    try {
      file = TokenizerFile.parse(json);
    } catch (IOException | IllegalStateException | NumberFormatException e) {
      throw new IOException(tokenizerJson + " is not a tokenizer.json: " + e.getMessage(), e);
    }
    HuggingFaceTokenizer tokenizer;
    try {
      // From a stream: from a path, DJL would let files beside it change the behaviour.
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), OPTIONS);
    } catch (RuntimeException e) {
      throw new IOException(tokenizerJson + " is not a tokenizer.json: " + e.getMessage(), e);
    }
    return new Tokenizer(tokenizer, file);
  }

  /**
   * Token ids of a text.
   *
   * @param addSpecialTokens whether to add what the model expects around a text, such as the
   *     beginning-of-sequence token
   */
  public long[] encode(String text, boolean addSpecialTokens) {
    return encodeWithMarks(text, addSpecialTokens).ids();
  }

  Encoded encodeWithMarks(String text, boolean addSpecialTokens) {
    return whileOpen(
        library -> {
          Encoding encoding = library.encode(text, addSpecialTokens, false);
          return new Encoded(encoding.getIds(), encoding.getSpecialTokenMask());
        });
  }

  /**
   * Text of token ids.
   *
   * @param skipSpecialTokens whether control tokens are left out
   */
  public String decode(long[] ids, boolean skipSpecialTokens) {
    return whileOpen(library -> library.decode(ids, skipSpecialTokens));
  }

  /**
   * What the token adds to a text when it stands after a word, for example " red" or "##d"'s "d";
   * the literal of a control token. Incomplete UTF-8 shows as U+FFFD.
   */
  public String tokenText(long id) {
    long[] both = Arrays.copyOf(anchor, anchor.length + 1);
    both[anchor.length] = id;
    String before = decode(anchor, false);
    String after = decode(both, false);
    return after.startsWith(before)
        ? after.substring(before.length())
        : decode(new long[] {id}, false);
  }

  /** Whether the id is a control token's, which {@link #decode} can leave out. */
  public boolean isControlToken(long id) {
    return controlIds.contains(id);
  }

  /** Ids of the control tokens by literal. */
  Map<String, Long> controlTokens() {
    return file.controlTokens();
  }

  /** Whether the token stands for one byte, whose text depends on the bytes around it. */
  boolean isByteToken(long id) {
    return file.byteTokens().contains(id);
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        tokenizer.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private <T> T whileOpen(Function<HuggingFaceTokenizer, T> action) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the tokenizer is closed");
      }
      return action.apply(tokenizer);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Token ids and which of them were added around the text.
   *
   * @param ids token ids // [tokens]
   * @param added 1 where the token does not come from the text // [tokens]
   */
  record Encoded(long[] ids, long[] added) {}
}
