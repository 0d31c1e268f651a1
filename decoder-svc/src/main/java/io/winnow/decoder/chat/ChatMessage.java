package io.winnow.decoder.chat;

import java.net.URI;
import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param role who speaks
 * @param parts text and pictures in order
 */
public record ChatMessage(Role role, List<Part> parts) {

  public ChatMessage {
    parts = List.copyOf(parts);
  }

  /** Who speaks. */
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT
  }

  /** A piece of a turn. */
  public sealed interface Part {}

  /** Plain text. */
  public record Text(String text) implements Part {}

  /** A picture file as it came; the array belongs to the part. */
  public record PictureFile(byte[] content) implements Part {}

  /** A picture to be fetched, where the service is configured to. */
  public record PictureUrl(URI url) implements Part {}
}
