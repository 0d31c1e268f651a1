package io.winnow.decoder.fetch;

import io.vertx.core.Future;
import io.winnow.decoder.access.ByteBudget;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatMessage;
import java.util.List;

/** Replaces the picture URLs of a conversation by the pictures. */
@FunctionalInterface
public interface PictureUrls {

  /**
   * Fetches what has to be fetched.
   *
   * @param messages may hold picture URLs
   * @param lease takes the bytes that are fetched
   * @return the messages without picture URLs; fails with a {@link ChatFailureException}
   */
  Future<List<ChatMessage>> fetch(List<ChatMessage> messages, ByteBudget.Lease lease);

  /** Refuses every URL. */
  static PictureUrls off() {
    return (messages, lease) -> {
      List<PictureLink> links = PictureLink.of(messages);
      if (links.isEmpty()) {
        return Future.succeededFuture(messages);
      }
      ChatFailure failure =
          links
              .get(0)
              .refused("URLs are switched off here (winnow.fetch.enabled), send a data: URL");
      return Future.failedFuture(new ChatFailureException(failure));
    };
  }
}
