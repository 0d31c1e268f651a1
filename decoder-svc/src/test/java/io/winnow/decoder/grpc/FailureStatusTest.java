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
    "INVALID_REQUEST, INVALID_ARGUMENT",
    "CONTEXT_LENGTH_EXCEEDED, INVALID_ARGUMENT",
    "PICTURE_UNREADABLE, INVALID_ARGUMENT",
    "PICTURE_TOO_LARGE, RESOURCE_EXHAUSTED",
    "PICTURE_URL_REFUSED, INVALID_ARGUMENT",
    "MODEL_NOT_FOUND, NOT_FOUND",
    "UNAUTHENTICATED, UNAUTHENTICATED",
    "RATE_LIMITED, RESOURCE_EXHAUSTED",
    "OVERLOADED, RESOURCE_EXHAUSTED",
    "TIMEOUT, DEADLINE_EXCEEDED",
    "CANCELLED, CANCELLED",
    "UNAVAILABLE, UNAVAILABLE",
    "INTERNAL, INTERNAL"
  })
  void hasAStableStatus(Reason reason, Status.Code code) {
    assertThat(FailureStatus.of(ChatFailure.of(reason, "why")).getStatus().getCode())
        .isEqualTo(code);
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
