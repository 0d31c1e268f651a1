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
  public record PictureFile(byte[] content, Detail detail) implements Part {

    /** A picture whose detail is left to the pruner. */
    public PictureFile(byte[] content) {
      this(content, Detail.AUTO);
    }
  }

  /** A picture to be fetched, where the service is configured to. */
  public record PictureUrl(URI url, Detail detail) implements Part {

    /** A picture whose detail is left to the pruner. */
    public PictureUrl(URI url) {
      this(url, Detail.AUTO);
    }
  }

  /** How closely a picture is to be looked at; stands for a budget where the caller names none. */
  public enum Detail {
    /** Left to the pruner. */
    AUTO,
    /** A fixed small share of the visual tokens is enough. */
    LOW,
    /** Every visual token counts. */
    HIGH
  }
}
