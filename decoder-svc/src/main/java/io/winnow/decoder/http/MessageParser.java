package io.winnow.decoder.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.ChatMessage.Part;
import io.winnow.decoder.chat.ChatMessage.PictureFile;
import io.winnow.decoder.chat.ChatMessage.PictureUrl;
import io.winnow.decoder.chat.ChatMessage.Role;
import io.winnow.decoder.chat.ChatMessage.Text;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Translates {@code messages}; part j of message i keeps its index, so that errors can name it. */
final class MessageParser {

  /** What an assistant's message carries when the client sends an earlier answer back. */
  private static final List<String> ANSWER_FIELDS =
      List.of("refusal", "annotations", "audio", "tool_calls", "function_call");

  private MessageParser() {}

  static List<ChatMessage> messages(JsonFields request) {
    JsonNode array = request.required("messages");
    if (!array.isArray()) {
      throw JsonFields.wrongType("messages", "an array", array);
    }
    if (array.isEmpty()) {
      throw request.invalid("messages", "must hold at least one message");
    }
    List<ChatMessage> messages = new ArrayList<>(array.size());
    for (JsonNode message : array) {
      messages.add(message(JsonFields.of(message, "messages[" + messages.size() + "]")));
    }
    return messages;
  }

  private static ChatMessage message(JsonFields fields) {
    Role role = role(fields);
    JsonNode content = fields.required("content");
    String path = fields.at("content");
    List<Part> parts;
    if (content.isTextual()) {
      parts = List.of(new Text(JsonFields.text(content, path)));
    } else if (content.isArray()) {
      parts = parts(content, path, role);
    } else {
      throw JsonFields.wrongType(path, "a string or an array of parts", content);
    }
    if (role == Role.ASSISTANT) {
      refuseNonEmpty(fields);
    }
    fields.refuseOthers();
    return new ChatMessage(role, parts);
  }

  private static Role role(JsonFields fields) {
    String role = fields.requiredString("role");
    return switch (role) {
      case "system", "developer" -> Role.SYSTEM;
      case "user" -> Role.USER;
      case "assistant" -> Role.ASSISTANT;
      default ->
          throw fields.invalid("role", "must be system, developer, user or assistant, not " + role);
    };
  }

  private static void refuseNonEmpty(JsonFields fields) {
    for (String name : ANSWER_FIELDS) {
      Optional<JsonNode> value = fields.value(name);
      if (value.isPresent() && !(value.get().isContainerNode() && value.get().isEmpty())) {
        throw UnsupportedFields.unsupported(fields.at(name));
      }
    }
  }

  private static List<Part> parts(JsonNode array, String path, Role role) {
    if (array.isEmpty()) {
      throw JsonFields.invalidValue(path, "must hold at least one part");
    }
    List<Part> parts = new ArrayList<>(array.size());
    for (JsonNode element : array) {
      JsonFields part = JsonFields.of(element, path + "[" + parts.size() + "]");
      parts.add(part(part, role));
      part.refuseOthers();
    }
    return parts;
  }

  private static Part part(JsonFields part, Role role) {
    String type = part.requiredString("type");
    return switch (type) {
      case "text" -> new Text(part.requiredString("text"));
      case "image_url" -> {
        if (role != Role.USER) {
          throw part.invalid("type", "image_url is only allowed in messages of the user");
        }
        yield picture(JsonFields.of(part.required("image_url"), part.at("image_url")));
      }
      default -> throw part.invalid("type", "must be text or image_url, not " + type);
    };
  }

  private static Part picture(JsonFields fields) {
    String url = fields.requiredString("url");
    Detail detail = detail(fields);
    fields.refuseOthers();
    String path = fields.at("url");
    return DataUrl.matches(url)
        ? new PictureFile(DataUrl.decode(url, path), detail)
        : new PictureUrl(remote(url, path), detail);
  }

  private static Detail detail(JsonFields fields) {
    String detail = fields.string("detail").orElse("auto");
    return switch (detail) {
      case "auto" -> Detail.AUTO;
      case "low" -> Detail.LOW;
      case "high" -> Detail.HIGH;
      default -> throw fields.invalid("detail", "must be auto, low or high, not " + detail);
    };
  }

  private static URI remote(String url, String path) {
    URI uri;
    try {
      uri = new URI(url.strip());
    } catch (URISyntaxException e) {
      throw JsonFields.invalidValue(path, "is not a URL");
    }
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw JsonFields.invalidValue(path, "must be a data:, http: or https: URL");
    }
    return uri;
  }
}
