package io.winnow.decoder.http;

import io.winnow.decoder.chat.ChatFailure;
import java.util.Optional;
import java.util.OptionalInt;

/** The one place that maps failures to HTTP status, OpenAI error type and code. */
final class ApiErrors {

  static final String INVALID_REQUEST = "invalid_request_error";
  static final String SERVER = "server_error";

  private ApiErrors() {}

  static ApiError of(ChatFailure failure) {
    String message = failure.message();
    Optional<String> param = failure.param();
    return switch (failure.reason()) {
      case INVALID_REQUEST -> new ApiError(400, INVALID_REQUEST, "invalid_value", message, param);
      case CONTEXT_LENGTH_EXCEEDED ->
          new ApiError(400, INVALID_REQUEST, "context_length_exceeded", message, param);
      case PICTURE_UNREADABLE ->
          new ApiError(400, INVALID_REQUEST, "invalid_image", message, param);
      case PICTURE_TOO_LARGE ->
          new ApiError(400, INVALID_REQUEST, "image_too_large", message, param);
      case PICTURE_URL_REFUSED ->
          new ApiError(400, INVALID_REQUEST, "invalid_image_url", message, param);
      case MODEL_NOT_FOUND -> new ApiError(404, INVALID_REQUEST, "model_not_found", message, param);
      case UNAUTHENTICATED -> new ApiError(401, INVALID_REQUEST, "invalid_api_key", message, param);
      case RATE_LIMITED ->
          new ApiError(429, "rate_limit_error", "rate_limit_exceeded", message, param);
      case OVERLOADED -> new ApiError(503, SERVER, "overloaded", message, param);
      case TIMEOUT -> new ApiError(504, SERVER, "timeout", message, param);
      case CANCELLED -> new ApiError(499, SERVER, "cancelled", message, param);
      case UNAVAILABLE -> new ApiError(503, SERVER, "unavailable", message, param);
      case INTERNAL -> new ApiError(500, SERVER, "internal_error", message, param);
    };
  }

  /** The coarse reason of an error that was not made of a failure, for those who count them. */
  static ChatFailure.Reason reason(ApiError error) {
    return switch (error.status()) {
      case 408, 504 -> ChatFailure.Reason.TIMEOUT;
      case 429 -> ChatFailure.Reason.RATE_LIMITED;
      case 503 -> ChatFailure.Reason.OVERLOADED;
      case 500 -> ChatFailure.Reason.INTERNAL;
      default -> ChatFailure.Reason.INVALID_REQUEST;
    };
  }

  static ApiError unknownRoute(String method, String path) {
    return http(404, "unknown_url", "Unknown request URL: " + method + " " + path + ".");
  }

  static ApiError methodNotAllowed(String method, String path, String allowed) {
    String message = "%s is not allowed on %s; use %s.".formatted(method, path, allowed);
    return http(405, "method_not_allowed", message);
  }

  static ApiError bodyTooLarge(long maxBytes) {
    String message = "The request body is larger than %d bytes (winnow.http.max-body-size).";
    return http(413, "request_too_large", message.formatted(maxBytes));
  }

  static ApiError unsupportedMediaType(String message) {
    return http(415, "unsupported_media_type", message);
  }

  static ApiError bodyTimeout() {
    return http(408, "request_timeout", "The request body did not arrive in time.");
  }

  static ApiError internal() {
    return of(
        ChatFailure.of(
            ChatFailure.Reason.INTERNAL,
            "The server failed on this request; its log has the cause under this request id."));
  }

  static ApiError overloaded(String message) {
    return of(ChatFailure.of(ChatFailure.Reason.OVERLOADED, message));
  }

  /** Seconds for the Retry-After header; empty where a retry would not help. */
  static OptionalInt retryAfterSeconds(ApiError error) {
    return switch (error.status()) {
      case 429 -> OptionalInt.of(1);
      case 503 -> OptionalInt.of(error.code().equals("unavailable") ? 5 : 1);
      default -> OptionalInt.empty();
    };
  }

  private static ApiError http(int status, String code, String message) {
    return new ApiError(status, INVALID_REQUEST, code, message, Optional.empty());
  }
}
