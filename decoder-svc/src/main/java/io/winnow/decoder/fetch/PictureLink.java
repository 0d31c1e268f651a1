package io.winnow.decoder.fetch;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.ChatMessage.PictureUrl;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/**
 * A picture URL and where it stands.
 *
 * @param message index of the message
 * @param part index of its part
 * @param url the URL
 * @param detail how closely the picture is to be looked at
 */
record PictureLink(int message, int part, URI url, Detail detail) {

  static List<PictureLink> of(List<ChatMessage> messages) {
    List<PictureLink> links = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      List<ChatMessage.Part> parts = messages.get(i).parts();
      for (int j = 0; j < parts.size(); j++) {
        if (parts.get(j) instanceof PictureUrl picture) {
          links.add(new PictureLink(i, j, picture.url(), picture.detail()));
        }
      }
    }
    return links;
  }

  /** The field's path in the API's notation. */
  String param() {
    return "messages[%d].content[%d].image_url.url".formatted(message, part);
  }

  ChatFailure refused(String reason) {
    String message = "The picture cannot be fetched: " + reason + ".";
    return ChatFailure.of(ChatFailure.Reason.PICTURE_URL_REFUSED, message, param());
  }
}
