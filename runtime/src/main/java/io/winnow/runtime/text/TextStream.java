package io.winnow.runtime.text;

import java.util.Arrays;
import java.util.List;

/**
 * Turns sampled tokens into text while they come. The pieces put together are exactly the text of
 * all tokens ({@link Tokenizer#decode} without control tokens), cut before the first stop string if
 * there is one. A piece holds whole Unicode characters only; it is empty while a character, a run
 * of byte tokens or what may become a stop string is incomplete. Not thread-safe.
 */
public final class TextStream {

  private static final char REPLACEMENT = '\uFFFD';

  private final Tokenizer tokenizer;
  private final StopStrings stops;
  private long[] window = new long[16]; // tokens shown last, then tokens not yet shown
  private int windowLength;
  private int shown; // tokens of the window whose text was given out; the others' context

  /**
   * Begins an answer.
   *
   * @param stopStrings not empty each; the list may be
   */
  public TextStream(Tokenizer tokenizer, List<String> stopStrings) {
    this.tokenizer = tokenizer;
    this.stops = new StopStrings(stopStrings);
  }

  /** Takes a token and gives the text that is certain by now; nothing after a stop string. */
  public String accept(long id) {
    if (stops.stopped() || tokenizer.isControlToken(id)) {
      return "";
    }
    if (windowLength == window.length) {
      window = Arrays.copyOf(window, 2 * windowLength);
    }
    window[windowLength++] = id;
    if (tokenizer.isByteToken(id)) {
      return "";
    }
    String text = newText();
    if (text.isEmpty() || text.charAt(text.length() - 1) == REPLACEMENT) {
      return "";
    }
    dropContext();
    return stops.accept(text);
  }

  /** Gives the text that was held back: no token follows. */
  public String flush() {
    if (stops.stopped()) {
      return "";
    }
    String text = windowLength > shown ? newText() : "";
    dropContext();
    return stops.accept(text) + stops.flush();
  }

  /** Whether a stop string was met. */
  public boolean stopped() {
    return stops.stopped();
  }

  /** What the tokens not yet shown add to the text of those before them. */
  private String newText() {
    long[] tokens = Arrays.copyOf(window, windowLength);
    String before = shown == 0 ? "" : tokenizer.decode(Arrays.copyOf(window, shown), true);
    return tokenizer.decode(tokens, true).substring(before.length());
  }

  private void dropContext() {
    System.arraycopy(window, shown, window, 0, windowLength - shown);
    windowLength -= shown;
    shown = windowLength;
  }
}
