package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.v1.DecideBegin;
import io.winnow.v1.Observation;
import io.winnow.v1.Outcome;
import io.winnow.v1.Plan;
import io.winnow.v1.Verdict;

/** Has the visual tokens of a generation decided on. Thread-safe; nothing blocks on the network. */
public interface PrunerClient {

  /** Opens the exchange for one generation, ahead of its signals. */
  Decision open(PeerCall call, Listener listener);

  /** An exchange about one generation. Thread-safe; calls after its end have no effect. */
  interface Decision {

    /** Asks for the plan; once, first. */
    void begin(DecideBegin begin);

    /** Reports a segment end that the plan names. */
    void observe(Observation observation);

    /** Reports how it went and ends the exchange. */
    void finish(Outcome outcome);

    /** Gives the exchange up. */
    void cancel();
  }

  /** Called in order, never two calls at a time; must not block. */
  interface Listener {

    /** Answers the begin. */
    void onPlan(Plan plan);

    /** Answers an observation. */
    void onVerdict(Verdict verdict);

    /**
     * The exchange ended before its outcome was reported. {@link
     * ChatFailure.Reason#INVALID_REQUEST} and {@link ChatFailure.Reason#MODEL_NOT_FOUND} refuse
     * what the caller asked for.
     */
    void onFailed(ChatFailure failure);
  }
}
