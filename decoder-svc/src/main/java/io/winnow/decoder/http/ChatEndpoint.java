package io.winnow.decoder.http;

import io.winnow.decoder.access.Admission;
import io.winnow.decoder.access.ByteBudget;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatService;
import io.winnow.decoder.fetch.PictureUrls;
import io.winnow.decoder.telemetry.TelemetrySource;
import java.time.Clock;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;

/** What all calls of /v1/chat/completions share. Thread-safe. */
record ChatEndpoint(
    ChatService service,
    Admission admission,
    PictureUrls pictures,
    ByteBudget budget,
    Executor workers,
    ChatCompletionParser parser,
    RequestJson json,
    Clock clock,
    TelemetrySource telemetry) {

  private static final Logger LOG = Logger.getLogger(ChatEndpoint.class);

  ChatCompletion parse(String id, byte[] body) {
    return parser.parse(id, json.read(body));
  }

  AnswerWriter writer(ChatCompletion completion, Exchange exchange) {
    long created = clock.instant().getEpochSecond();
    boolean logprobs = completion.request().topLogprobs().isPresent();
    return switch (completion.delivery()) {
      case WHOLE -> new WholeAnswer(exchange, created, logprobs);
      case STREAMED -> new StreamedAnswer(exchange, created, logprobs, false);
      case STREAMED_WITH_USAGE -> new StreamedAnswer(exchange, created, logprobs, true);
      case COUNTS_ONLY -> throw new IllegalArgumentException("a dry run has no answer");
    };
  }

  /** What became of an answer that ended with {@code failure}. */
  static ChatFailure cause(Throwable failure) {
    if (failure instanceof ChatFailureException failed) {
      return failed.failure();
    }
    ChatFailure.Reason reason =
        failure instanceof ApiErrorException refused
            ? ApiErrors.reason(refused.error())
            : ChatFailure.Reason.INTERNAL;
    return ChatFailure.of(reason, String.valueOf(failure.getMessage()));
  }

  /** The error that tells of {@code failure}; what is not meant for the client goes to the log. */
  static ApiError error(Throwable failure, String requestId) {
    if (failure instanceof ApiErrorException refused) {
      return refused.error();
    }
    if (failure instanceof ChatFailureException failed) {
      return ApiErrors.of(failed.failure());
    }
    LOG.errorf(failure, "request %s failed", requestId);
    return ApiErrors.internal();
  }
}
