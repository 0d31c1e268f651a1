package io.winnow.runtime.text;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * One turn of a conversation as a template sees it.
 *
 * @param role "system", "user" or "assistant"
 * @param parts text and pictures in order
 */
public record ChatTurn(String role, List<Part> parts) {

  public ChatTurn {
    requireNonNull(role, "role is null");
    parts = List.copyOf(parts);
  }

  /** A turn of text alone. */
  public static ChatTurn of(String role, String text) {
    return new ChatTurn(role, List.of(new Text(text)));
  }

  /** Number of pictures in the turn. */
  public int pictures() {
    return (int) parts.stream().filter(Picture.class::isInstance).count();
  }

  /** A piece of a turn. */
  public sealed interface Part {}

  /** What somebody wrote. */
  public record Text(String text) implements Part {

    public Text {
      requireNonNull(text, "text is null");
    }
  }

  /** The place of a picture. */
  public record Picture() implements Part {}
}
