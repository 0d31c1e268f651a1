package io.winnow.decoder.http;

import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;

/** Writes one answer into its exchange. All calls on the exchange's event loop. */
sealed interface AnswerWriter permits WholeAnswer, StreamedAnswer {

  /** Hands over flow control, before the first delta. */
  void attach(ActiveAnswer answer);

  void started(AnswerStarted started);

  void delta(AnswerDelta delta);

  void finished(AnswerSummary summary);

  void failed(ApiError error);
}
