package io.winnow.decoder.http;

import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.AnswerSummary.Timings;
import java.time.Duration;

/**
 * What a request went through before the service saw it.
 *
 * @param fetch time spent fetching pictures
 * @param total from the end of the request's body to the service, the fetch and the line included
 */
record Lead(Duration fetch, Duration total) {

  /** The summary as the client experienced it. */
  AnswerSummary addTo(AnswerSummary summary) {
    Timings t = summary.timings();
    Timings timings =
        new Timings(
            t.fetch().plus(fetch),
            t.preprocess(),
            t.encode(),
            t.wire(),
            t.decide(),
            t.prefill(),
            t.firstToken().plus(total),
            t.perToken());
    return new AnswerSummary(summary.finish(), summary.usage(), timings, summary.reduction());
  }
}
