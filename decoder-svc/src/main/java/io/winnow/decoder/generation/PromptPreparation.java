package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ChatService.PromptCount;
import io.winnow.decoder.generation.PreparedPrompt.Picture;
import io.winnow.runtime.text.ChatTurn;
import io.winnow.runtime.text.EncodedPrompt;
import io.winnow.runtime.text.PromptException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Checks a request against the model and the limits and encodes its text: no work is lost yet. */
final class PromptPreparation {

  /**
   * Characters of text per token of the context, above which nothing is rendered or tokenized: that
   * takes time and memory by the text's length, and a token is rarely longer than this.
   */
  private static final long MAX_CHARACTERS_PER_TOKEN = 64;

  /** Text that is always tokenized, so that the refusal can say how many tokens it has. */
  private static final long HARMLESS_CHARACTERS = 8_192;

  /** Half of what a chat template may render: its refusal would not say that this is the reason. */
  private static final long MAX_CHARACTERS = 4L << 20;

  private final List<AnsweringModel> models;
  private final FlowLimits limits;

  /** The first model is the default one. */
  PromptPreparation(List<AnsweringModel> models, FlowLimits limits) {
    this.models = models;
    this.limits = limits;
  }

  PreparedPrompt prepare(ChatRequest request) {
    AnsweringModel model = model(request.model());
    checkTurns(request.messages());
    checkCharacters(model, request.messages());
    List<Picture> pictures = pictures(request.messages());
    EncodedPrompt encoded = encode(model, request.messages());
    PreparedPrompt whole =
        new PreparedPrompt(model, encoded, pictures, request.maxTokens().orElse(Integer.MAX_VALUE));
    if (whole.maxTokens() < 1) {
      throw invalid("maxTokens is " + whole.maxTokens() + ", must be at least 1", "max_tokens");
    }
    int room = room(whole);
    return new PreparedPrompt(model, encoded, pictures, Math.min(whole.maxTokens(), room));
  }

  /** The model of this name, or the default one. */
  AnsweringModel model(Optional<String> wanted) {
    if (wanted.isEmpty()) {
      return models.get(0);
    }
    String name = wanted.get();
    return models.stream()
        .filter(model -> model.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> {
              List<String> served = models.stream().map(AnsweringModel::name).toList();
              return refusal(
                  Reason.MODEL_NOT_FOUND,
                  "there is no model \"" + name + "\"; served are " + served,
                  "model");
            });
  }

  private static void checkTurns(List<ChatMessage> messages) {
    if (messages.isEmpty()) {
      throw invalid("the conversation is empty", "messages");
    }
    int last = messages.size() - 1;
    if (messages.get(last).role() != ChatMessage.Role.USER) {
      throw invalid("the last message must be the user's", "messages[" + last + "].role");
    }
  }

  private static void checkCharacters(AnsweringModel model, List<ChatMessage> messages) {
    long characters =
        messages.stream()
            .flatMap(message -> message.parts().stream())
            .mapToLong(part -> part instanceof ChatMessage.Text text ? text.text().length() : 0)
            .sum();
    long most =
        Math.min(
            MAX_CHARACTERS,
            Math.max(HARMLESS_CHARACTERS, MAX_CHARACTERS_PER_TOKEN * model.contextLength()));
    if (characters > most) {
      String message =
          "the conversation has %,d characters of text, more than the context of model \"%s\""
              + " can hold (%d tokens): shorten the conversation";
      throw refusal(
          Reason.CONTEXT_LENGTH_EXCEEDED,
          message.formatted(characters, model.name(), model.contextLength()),
          "messages");
    }
  }

  private List<Picture> pictures(List<ChatMessage> messages) {
    List<Picture> pictures = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      List<ChatMessage.Part> parts = messages.get(i).parts();
      for (int j = 0; j < parts.size(); j++) {
        String param = "messages[" + i + "].content[" + j + "]";
        if (parts.get(j) instanceof ChatMessage.PictureFile file) {
          pictures.add(picture(file, param));
        } else if (parts.get(j) instanceof ChatMessage.PictureUrl) {
          throw refusal(
              Reason.PICTURE_URL_REFUSED, "a picture's URL was not fetched; send its bytes", param);
        }
      }
    }
    if (pictures.size() > limits.maxPictures()) {
      throw invalid(
          "the conversation has %d pictures, at most %d are allowed"
              .formatted(pictures.size(), limits.maxPictures()),
          "messages");
    }
    return pictures;
  }

  private Picture picture(ChatMessage.PictureFile file, String param) {
    if (file.content().length == 0) {
      throw refusal(Reason.PICTURE_UNREADABLE, "the picture is empty", param);
    }
    if (file.content().length > limits.maxPictureBytes()) {
      throw refusal(
          Reason.PICTURE_TOO_LARGE,
          "the picture has %,d bytes, at most %,d are allowed"
              .formatted(file.content().length, limits.maxPictureBytes()),
          param);
    }
    return new Picture(file.content(), param, file.detail());
  }

  private static EncodedPrompt encode(AnsweringModel model, List<ChatMessage> messages) {
    List<ChatTurn> turns = messages.stream().map(PromptPreparation::turn).toList();
    try {
      return model.text().encode(turns);
    } catch (PromptException e) {
      throw invalid(String.valueOf(e.getMessage()), "messages");
    }
  }

  private static ChatTurn turn(ChatMessage message) {
    List<ChatTurn.Part> parts =
        message.parts().stream()
            .<ChatTurn.Part>map(
                part ->
                    part instanceof ChatMessage.Text text
                        ? new ChatTurn.Text(text.text())
                        : new ChatTurn.Picture())
            .toList();
    return new ChatTurn(message.role().name().toLowerCase(Locale.ROOT), parts);
  }

  /** Tokens that the context has left for the answer. */
  private static int room(PreparedPrompt prompt) {
    PromptCount count = prompt.count();
    int context = prompt.model().contextLength();
    int room = context - count.textTokens() - count.imageTokens();
    if (room >= 1) {
      return room;
    }
    String message =
        "the prompt has %d tokens (%d of text, %d of %d pictures) and leaves no room for an answer"
            + " in the context of model \"%s\", which holds %d: %s";
    throw refusal(
        Reason.CONTEXT_LENGTH_EXCEEDED,
        message.formatted(
            count.textTokens() + count.imageTokens(),
            count.textTokens(),
            count.imageTokens(),
            prompt.pictures().size(),
            prompt.model().name(),
            context,
            prompt.pictures().size() > 1
                ? "send fewer pictures or a shorter conversation"
                : "shorten the conversation"),
        "messages");
  }

  private static ChatFailureException invalid(String message, String param) {
    return refusal(Reason.INVALID_REQUEST, message, param);
  }

  private static ChatFailureException refusal(Reason reason, String message, String param) {
    return new ChatFailureException(ChatFailure.of(reason, message, param));
  }
}
