package io.winnow.decoder.http;

import java.util.Optional;

/**
 * An error as OpenAI's clients expect it: {@code {"error": {message, type, param, code}}}.
 *
 * @param status HTTP status
 * @param type OpenAI's coarse class, for example "invalid_request_error"
 * @param code stable code, for example "context_length_exceeded"
 * @param message for the user: what is wrong and what to do
 * @param param the field at fault, for example "messages[0].content[1].image_url.url"
 */
record ApiError(int status, String type, String code, String message, Optional<String> param) {

  static ApiError invalid(String code, String message) {
    return new ApiError(400, ApiErrors.INVALID_REQUEST, code, message, Optional.empty());
  }

  static ApiError invalid(String code, String message, String param) {
    return new ApiError(400, ApiErrors.INVALID_REQUEST, code, message, Optional.of(param));
  }
}
