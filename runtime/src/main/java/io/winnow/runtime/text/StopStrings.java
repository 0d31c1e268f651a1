package io.winnow.runtime.text;

import java.util.List;

/**
 * Finds the first stop string in a text that comes in pieces: the one that is complete first, and
 * of several that end at the same character the longest. Holds text back while it may be the
 * beginning of one. How the text is cut into pieces makes no difference; the time is linear in the
 * text. Not thread-safe.
 */
final class StopStrings {

  private final List<Matcher> matchers;
  private final StringBuilder held = new StringBuilder(); // may begin a stop string
  private boolean stopped;

  StopStrings(List<String> stops) {
    if (stops.stream().anyMatch(String::isEmpty)) {
      throw new IllegalArgumentException("a stop string is empty");
    }
    this.matchers = stops.stream().map(Matcher::new).toList();
  }

  /** Takes the next piece of text and gives what is safe to show. */
  String accept(String piece) {
    StringBuilder safe = new StringBuilder();
    for (int i = 0; i < piece.length() && !stopped; i++) {
      char c = piece.charAt(i);
      held.append(c);
      int complete = 0;
      int begun = 0;
      for (Matcher matcher : matchers) {
        int matched = matcher.accept(c);
        begun = Math.max(begun, matched);
        complete = Math.max(complete, matched == matcher.stop.length() ? matched : 0);
      }
      stopped = complete > 0;
      int end = held.length() - (stopped ? complete : begun);
      safe.append(held, 0, end);
      held.delete(0, stopped ? held.length() : end);
    }
    return safe.toString();
  }

  /** Gives what was held back: the text is over. */
  String flush() {
    String rest = held.toString();
    held.setLength(0);
    return rest;
  }

  boolean stopped() {
    return stopped;
  }

  /** Knuth, Morris and Pratt's search for one string. */
  private static final class Matcher {

    private final String stop;
    private final int[] fallbacks; // longest border of each prefix // [stop length + 1]
    private int matched;

    Matcher(String stop) {
      this.stop = stop;
      this.fallbacks = new int[stop.length() + 1];
      for (int length = 2; length <= stop.length(); length++) {
        fallbacks[length] = extended(fallbacks[length - 1], stop.charAt(length - 1));
      }
    }

    /** How much of the stop string the text ends with, its last character being {@code c}. */
    int accept(char c) {
      matched = extended(matched, c);
      return matched;
    }

    private int extended(int length, char c) {
      int candidate = length;
      while (candidate > 0 && stop.charAt(candidate) != c) {
        candidate = fallbacks[candidate];
      }
      return stop.charAt(candidate) == c ? candidate + 1 : 0;
    }
  }
}
