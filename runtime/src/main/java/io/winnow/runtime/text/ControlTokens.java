package io.winnow.runtime.text;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps users from typing control tokens. One character of each control token's literal, preferably
 * one that is no letter, is its pivot. {@link #guard} swaps the pivots in a user's text for
 * characters that no text contains, so after the template was rendered {@link #release} knows of
 * every literal whether the template alone wrote it. Where the user had a part, even if only in
 * completing what another part of the conversation began, a space is put into the literal.
 *
 * <p>Text without such literals comes through unchanged, except that unpaired surrogates and
 * noncharacters become U+FFFD.
 */
final class ControlTokens {

  private static final char FIRST_TWIN = '\uFDD0'; // 32 noncharacters
  private static final char LAST_TWIN = '\uFDEF';
  private static final char REPLACEMENT = '\uFFFD';

  private final Map<Character, List<String>> literals; // by first character, longest first
  private final Map<Character, Character> twins = new HashMap<>(); // by pivot
  private final Map<Character, Character> pivots = new HashMap<>(); // by twin

  ControlTokens(Collection<String> literals) {
    // Longest first, as the tokenizer matches.
    this.literals =
        literals.stream()
            .filter(literal -> !literal.isEmpty())
            .distinct()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .collect(Collectors.groupingBy(literal -> literal.charAt(0)));
    this.literals.values().stream().flatMap(List::stream).forEach(this::addPivot);
  }

  private void addPivot(String literal) {
    char pivot = pivot(literal);
    if (twins.containsKey(pivot)) {
      return;
    }
    char twin = (char) (FIRST_TWIN + twins.size());
    if (twin > LAST_TWIN) {
      throw new IllegalArgumentException("control tokens need more than 32 pivots");
    }
    twins.put(pivot, twin);
    pivots.put(twin, pivot);
  }

  private static char pivot(String literal) {
    return (char)
        literal
            .chars()
            .filter(c -> !Character.isLetterOrDigit(c) && !Character.isWhitespace(c))
            .findFirst()
            .orElse(literal.charAt(0));
  }

  /** The text as it may be handed to a template. */
  String guard(String userText) {
    StringBuilder guarded = new StringBuilder(userText.length());
    for (int i = 0; i < userText.length(); i++) {
      char c = userText.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < userText.length()
          && Character.isLowSurrogate(userText.charAt(i + 1))) {
        guarded.append(c).append(userText.charAt(++i));
      } else if (Character.isSurrogate(c) || (c >= FIRST_TWIN && c <= LAST_TWIN)) {
        guarded.append(REPLACEMENT);
      } else {
        guarded.append(twins.getOrDefault(c, c));
      }
    }
    return guarded.toString();
  }

  /** The rendered template, ready for the tokenizer. */
  Released release(String rendered) {
    char[] characters = rendered.toCharArray();
    BitSet fromUser = new BitSet(characters.length);
    for (int i = 0; i < characters.length; i++) {
      if (characters[i] >= FIRST_TWIN && characters[i] <= LAST_TWIN) {
        fromUser.set(i);
        characters[i] = pivots.getOrDefault(characters[i], REPLACEMENT);
      }
    }
    String text = new String(characters);
    StringBuilder released = new StringBuilder(rendered.length());
    List<String> found = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      String literal = literalAt(text, from);
      int user = fromUser.nextSetBit(from);
      if (literal == null) {
        released.append(text.charAt(from++));
      } else if (user < 0 || user >= from + literal.length()) {
        found.add(literal);
        released.append(literal);
        from += literal.length();
      } else {
        int end = user == from ? from + 1 : user;
        released.append(text, from, end).append(' ');
        from = end;
      }
    }
    return new Released(released.toString(), List.copyOf(found));
  }

  private @Nullable String literalAt(String text, int from) {
    for (String literal : literals.getOrDefault(text.charAt(from), List.of())) {
      if (text.startsWith(literal, from)) {
        return literal;
      }
    }
    return null;
  }

  /**
   * A rendered template without private markers.
   *
   * @param text what to tokenize
   * @param literals the control tokens in it, in order
   */
  record Released(String text, List<String> literals) {

    Released {
      literals = List.copyOf(literals);
    }
  }
}
