package io.winnow.decoder.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FailureStatusTest {

  @ParameterizedTest
  @EnumSource(Reason.class)
  void comesBackAsItWent(Reason reason) {
    ChatFailure failure = ChatFailure.of(reason, "what happened", "messages[0].content[1]");

    assertThat(FailureStatus.failure("a service", FailureStatus.of(failure))).isEqualTo(failure);
  }

  @ParameterizedTest
  @CsvSource({
    "INVALID_REQUEST, INVALID_ARGUMENT, invalid_request",
    "CONTEXT_LENGTH_EXCEEDED, INVALID_ARGUMENT, context_length_exceeded",
    "PICTURE_UNREADABLE, INVALID_ARGUMENT, picture_unreadable",
    "PICTURE_TOO_LARGE, RESOURCE_EXHAUSTED, picture_too_large",
    "PICTURE_URL_REFUSED, INVALID_ARGUMENT, picture_url_refused",
    "MODEL_NOT_FOUND, NOT_FOUND, model_not_found",
    "UNAUTHENTICATED, UNAUTHENTICATED, unauthenticated",
    "RATE_LIMITED, RESOURCE_EXHAUSTED, rate_limited",
    "OVERLOADED, RESOURCE_EXHAUSTED, overloaded",
    "TIMEOUT, DEADLINE_EXCEEDED, timeout",
    "CANCELLED, CANCELLED, cancelled",
    "UNAVAILABLE, UNAVAILABLE, unavailable",
    "INTERNAL, INTERNAL, internal"
  })
  void hasAStableStatusAndLabel(Reason reason, Status.Code code, String label) {
    assertThat(FailureStatus.of(ChatFailure.of(reason, "why")).getStatus().getCode())
        .isEqualTo(code);
    assertThat(FailureStatus.label(reason)).isEqualTo(label);
  }

  @Test
  void saysWhenToRetryWhereThatHelps() {
    assertThat(hasRetryInfo(Reason.OVERLOADED)).isTrue();
    assertThat(hasRetryInfo(Reason.UNAVAILABLE)).isTrue();
    assertThat(hasRetryInfo(Reason.PICTURE_TOO_LARGE)).isFalse();
  }

  @Test
  void namesTheServiceWhereTheStatusIsBare() {
    ChatFailure failure =
        FailureStatus.failure(
            "pruner-svc", Status.UNAVAILABLE.withDescription("io exception").asException());

    assertThat(failure)
        .isEqualTo(ChatFailure.of(Reason.UNAVAILABLE, "pruner-svc: UNAVAILABLE, io exception"));
  }

  @Test
  void takesWhatIsNotAStatusForADefect() {
    assertThat(FailureStatus.failure("x", new IllegalStateException("odd")).reason())
        .isEqualTo(Reason.INTERNAL);
  }

  private static boolean hasRetryInfo(Reason reason) {
    return StatusProto.fromThrowable(FailureStatus.of(ChatFailure.of(reason, "why")))
        .getDetailsList()
        .stream()
        .anyMatch(detail -> detail.is(RetryInfo.class));
  }
}
