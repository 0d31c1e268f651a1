package io.winnow.decoder.metrics;

import io.micrometer.core.instrument.Timer;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.runtime.metrics.KnownValues;
import io.winnow.tracing.Exemplars;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Feeds the meters from one answer's events, which come one at a time. */
final class AnswerMetrics implements AnswerTelemetry {

  private final DecoderMetrics metrics;
  private final String trace; // W3C traceparent
  private final long received;
  private final Map<Integer, Long> fetchOpened = new HashMap<>(); // [pictures]
  private ModelMeters model;
  private Optional<MethodMeters> method = Optional.empty();
  private boolean fetching; // pictures from URLs
  private int visualFetched;
  private OptionalLong planAsked = OptionalLong.empty();
  private long submitted;
  private OptionalLong prefillStarted = OptionalLong.empty();
  private long tokens;
  private long firstToken;
  private long lastToken;

  AnswerMetrics(DecoderMetrics metrics, RequestOrigin origin) {
    this.metrics = metrics;
    this.trace = origin.trace().traceparent();
    this.received = origin.receivedNanos();
    this.model = metrics.of(KnownValues.OTHER);
  }

  @Override
  public void on(AnswerEvent event) {
    if (event instanceof AnswerEvent.Token token) {
      token(token.at());
      return;
    }
    Exemplars.naming(
        trace,
        () -> {
          if (!(arrival(event) || planning(event) || generation(event))) {
            end(event);
          }
        });
  }

  private void token(long at) {
    model.outputTokens.increment();
    lastToken = at;
    if (tokens++ == 0) {
      firstToken = at;
      Exemplars.naming(trace, () -> record(model.firstToken, received, at));
    }
  }

  private boolean arrival(AnswerEvent event) {
    if (event instanceof AnswerEvent.Accepted accepted) {
      fetching =
          accepted.request().messages().stream()
              .flatMap(message -> message.parts().stream())
              .anyMatch(ChatMessage.PictureUrl.class::isInstance);
    } else if (event instanceof AnswerEvent.Admitted admitted) {
      record(metrics.admissionWait, admitted.since(), admitted.at());
    } else if (event instanceof AnswerEvent.PicturesFetched fetched) {
      fetching = false;
      metrics.picturesFetched.increment();
      record(metrics.pictureFetch, fetched.since(), fetched.at());
    } else if (event instanceof AnswerEvent.Prepared prepared) {
      model = metrics.of(prepared.model());
    } else if (event instanceof AnswerEvent.EncodeRetried) {
      model.encodeRetries.increment();
    } else {
      return false;
    }
    return true;
  }

  private boolean planning(AnswerEvent event) {
    if (event instanceof AnswerEvent.PlanAsked asked) {
      planAsked = OptionalLong.of(asked.at());
    } else if (event instanceof AnswerEvent.Planned planned) {
      planAsked.ifPresent(since -> record(model.planWait, since, planned.at()));
      method = Optional.of(model.method(planned.method()));
      method.get().planned(planned.byPruner());
      visualFetched = planned.fetched();
    } else if (event instanceof AnswerEvent.FetchOpened opened) {
      fetchOpened.put(opened.picture(), opened.at());
    } else if (event instanceof AnswerEvent.Fetched fetched) {
      model.wireBytes.increment(fetched.bytes());
      Optional.ofNullable(fetchOpened.remove(fetched.picture()))
          .ifPresent(since -> record(model.wire, since, fetched.at()));
    } else {
      return false;
    }
    return true;
  }

  private boolean generation(AnswerEvent event) {
    if (event instanceof AnswerEvent.Submitted handed) {
      submitted = handed.at();
    } else if (event instanceof AnswerEvent.PrefillStarted started) {
      prefillStarted = OptionalLong.of(started.at());
      record(model.queue, submitted, started.at());
    } else if (event instanceof AnswerEvent.Prefilled prefilled) {
      prefillStarted.ifPresent(since -> record(model.prefill, since, prefilled.at()));
      method.ifPresent(did -> did.prefilled(prefilled.macs(), prefilled.macsUnpruned()));
    } else if (event instanceof AnswerEvent.ReaderWaited waited) {
      model.readerStalledSeconds.increment(waited.time().toNanos() / 1e9);
    } else if (event instanceof AnswerEvent.FailedOver failedOver) {
      model.failovers.increment();
      model.replayedTokens.increment(failedOver.replayedTokens());
    } else {
      return false;
    }
    return true;
  }

  private void end(AnswerEvent event) {
    if (event instanceof AnswerEvent.Finished finished) {
      finished(finished.at(), finished.summary());
    } else if (event instanceof AnswerEvent.Failed failed) {
      failed(failed.at(), failed.failure().reason());
    }
  }

  private void finished(long at, AnswerSummary summary) {
    record(model.request(Optional.empty()), received, at);
    if (tokens > 1) {
      model.perToken.record((lastToken - firstToken) / (tokens - 1), TimeUnit.NANOSECONDS);
    }
    model.inputTokens.increment(summary.usage().promptTokens());
    method.ifPresent(did -> did.finished(summary.usage(), visualFetched));
    summary
        .reduction()
        .exit()
        .ifPresent(
            exit -> exit.questions().forEach(asked -> model.verdicts.increment(asked.effect())));
  }

  private void failed(long at, Reason reason) {
    metrics.failures.increment(reason);
    record(model.request(Optional.of(reason)), received, at);
    if (fetching && reason == Reason.PICTURE_URL_REFUSED) {
      metrics.pictureFetchesRefused.increment();
    }
  }

  private static void record(Timer timer, long since, long at) {
    timer.record(Math.max(0, at - since), TimeUnit.NANOSECONDS);
  }
}
