package io.winnow.decoder.grpc;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatMessage.Detail;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ChatRequest.SamplingChoice;
import io.winnow.decoder.chat.ExitWish;
import io.winnow.decoder.chat.ReductionWish;
import io.winnow.v1.ContentPart;
import io.winnow.v1.GenerateRequest;
import io.winnow.v1.PictureDetail;
import io.winnow.v1.SamplingParameters;
import io.winnow.v1.VisualTokenReduction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads requests and checks the ranges of their fields, which are named as in the HTTP API. */
final class GenerateRequestReader {

  private static final int MAX_STOPS = 4;
  private static final int MAX_TOP_LOGPROBS = 20;
  private static final double MAX_TEMPERATURE = 2;

  private GenerateRequestReader() {}

  static ChatRequest read(GenerateRequest request, String id, Duration timeout) {
    require(request.getMaxTokens() >= 0, "max_tokens", "must not be negative");
    return new ChatRequest(
        id,
        request.getModel().isEmpty() ? Optional.empty() : Optional.of(request.getModel()),
        messages(request),
        sampling(request.getSampling()),
        request.getMaxTokens() == 0 ? OptionalInt.empty() : OptionalInt.of(request.getMaxTokens()),
        stop(request),
        topLogprobs(request),
        wish(request.getVisualTokenReduction()),
        timeout);
  }

  private static List<ChatMessage> messages(GenerateRequest request) {
    List<ChatMessage> messages = new ArrayList<>(request.getMessagesCount());
    for (int i = 0; i < request.getMessagesCount(); i++) {
      String at = "messages[" + i + "]";
      io.winnow.v1.ChatMessage message = request.getMessages(i);
      require(message.getPartsCount() > 0, at + ".content", "must hold at least one part");
      List<ChatMessage.Part> parts = new ArrayList<>(message.getPartsCount());
      for (int j = 0; j < message.getPartsCount(); j++) {
        parts.add(part(message.getParts(j), at + ".content[" + j + "]"));
      }
      messages.add(new ChatMessage(role(message.getRole(), at + ".role"), parts));
    }
    return messages;
  }

  private static ChatMessage.Role role(String role, String at) {
    return switch (role) {
      case "system" -> ChatMessage.Role.SYSTEM;
      case "user" -> ChatMessage.Role.USER;
      case "assistant" -> ChatMessage.Role.ASSISTANT;
      default -> throw invalid(at, "must be system, user or assistant");
    };
  }

  private static ChatMessage.Part part(ContentPart part, String at) {
    return switch (part.getKindCase()) {
      case TEXT -> {
        require(part.getDetailValue() == 0, at + ".detail", "belongs to a picture");
        yield new ChatMessage.Text(part.getText());
      }
      case PICTURE ->
          new ChatMessage.PictureFile(
              part.getPicture().toByteArray(), detail(part.getDetail(), at + ".detail"));
      case KIND_NOT_SET -> throw invalid(at, "must be a text or a picture");
    };
  }

  private static Detail detail(PictureDetail detail, String at) {
    return switch (detail) {
      case PICTURE_DETAIL_UNSPECIFIED, PICTURE_DETAIL_AUTO -> Detail.AUTO;
      case PICTURE_DETAIL_LOW -> Detail.LOW;
      case PICTURE_DETAIL_HIGH -> Detail.HIGH;
      case UNRECOGNIZED -> throw invalid(at, "must be auto, low or high");
    };
  }

  private static SamplingChoice sampling(SamplingParameters sampling) {
    require(
        sampling.getTemperature() >= 0 && sampling.getTemperature() <= MAX_TEMPERATURE,
        "temperature",
        "must be between 0 and 2");
    require(
        sampling.getTopP() >= 0 && sampling.getTopP() <= 1,
        "top_p",
        "must be above 0 and at most 1");
    require(sampling.getTopK() >= 0, "top_k", "must not be negative");
    return new SamplingChoice(
        sampling.getTemperature(),
        sampling.getTopP() == 0 ? 1 : sampling.getTopP(),
        sampling.getTopK(),
        sampling.hasSeed() ? OptionalLong.of(sampling.getSeed()) : OptionalLong.empty());
  }

  private static List<String> stop(GenerateRequest request) {
    require(request.getStopCount() <= MAX_STOPS, "stop", "must hold at most 4 strings");
    require(
        request.getStopList().stream().noneMatch(String::isEmpty),
        "stop",
        "must not hold an empty string");
    return List.copyOf(request.getStopList());
  }

  private static OptionalInt topLogprobs(GenerateRequest request) {
    int top = request.getTopLogprobs();
    require(top >= 0 && top <= MAX_TOP_LOGPROBS, "top_logprobs", "must be between 0 and 20");
    require(top == 0 || request.getLogprobs(), "top_logprobs", "needs logprobs");
    return request.getLogprobs() ? OptionalInt.of(top) : OptionalInt.empty();
  }

  private static ReductionWish wish(VisualTokenReduction reduction) {
    String method = reduction.getMethod().isEmpty() ? "auto" : reduction.getMethod();
    Optional<ReductionWish.Budget> budget =
        switch (reduction.getBudgetCase()) {
          case FLOPS_RATIO ->
              Optional.of(
                  new ReductionWish.FlopsRatio(share("flops_ratio", reduction.getFlopsRatio())));
          case KEEP_RATIO ->
              Optional.of(
                  new ReductionWish.KeepRatio(share("keep_ratio", reduction.getKeepRatio())));
          case MAX_TTFT_MILLIS -> Optional.of(maxTtft(reduction.getMaxTtftMillis()));
          case BUDGET_NOT_SET -> Optional.empty();
        };
    require(reduction.getLayer() >= 0, "visual_token_reduction.layer", "must be at least 1");
    return new ReductionWish(
        method,
        budget,
        reduction.getLayer() == 0 ? OptionalInt.empty() : OptionalInt.of(reduction.getLayer()),
        reduction.hasSeed() ? OptionalLong.of(reduction.getSeed()) : OptionalLong.empty(),
        exit(reduction),
        reduction.getReport());
  }

  private static ExitWish exit(VisualTokenReduction reduction) {
    require(
        !reduction.hasExitThreshold()
            || (reduction.getExitThreshold() > 0 && reduction.getExitThreshold() < 1),
        "visual_token_reduction.exit_threshold",
        "must be above 0 and below 1");
    require(
        reduction.getMinLayer() >= 0, "visual_token_reduction.min_layer", "must not be negative");
    return new ExitWish(
        reduction.hasExitThreshold()
            ? OptionalDouble.of(reduction.getExitThreshold())
            : OptionalDouble.empty(),
        reduction.hasMinLayer() ? OptionalInt.of(reduction.getMinLayer()) : OptionalInt.empty(),
        reduction.getBlocking(),
        Optional.of(reduction.getWith()).filter(with -> !with.isEmpty()));
  }

  private static double share(String field, double value) {
    require(
        value > 0 && value <= 1,
        "visual_token_reduction." + field,
        "must be above 0 and at most 1");
    return value;
  }

  private static ReductionWish.MaxTtftMillis maxTtft(double millis) {
    require(
        millis > 0 && Double.isFinite(millis),
        "visual_token_reduction.max_ttft_millis",
        "must be above 0");
    return new ReductionWish.MaxTtftMillis(millis);
  }

  private static void require(boolean condition, String param, String problem) {
    if (!condition) {
      throw invalid(param, problem);
    }
  }

  private static ChatFailureException invalid(String param, String problem) {
    return new ChatFailureException(
        ChatFailure.of(ChatFailure.Reason.INVALID_REQUEST, param + " " + problem, param));
  }
}
