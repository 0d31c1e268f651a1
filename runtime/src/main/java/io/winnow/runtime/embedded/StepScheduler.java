package io.winnow.runtime.embedded;

import java.util.List;
import java.util.Optional;

/**
 * Decides what the engine does next. Pure: state in, action out.
 *
 * <p>Generations enter slots in the order of their arrival, into the smallest capacity class that
 * fits and has room. Prefill segments of the oldest prefilling generation alternate with decode
 * steps of everybody who can decode, so neither a long prompt nor a stream of prompts freezes a
 * running answer, and running answers do not keep prompts waiting for more than one step.
 */
final class StepScheduler {

  private StepScheduler() {}

  static Action next(State state) {
    Optional<Action> admission = admit(state);
    if (admission.isPresent()) {
      return admission.get();
    }
    List<Long> decodable = idsIn(Phase.DECODE_READY, state);
    List<Long> prefilling = idsIn(Phase.PREFILL_READY, state);
    boolean decodeTurn = prefilling.isEmpty() || state.prefillRanLast();
    if (!decodable.isEmpty() && decodeTurn) {
      return new Action.Decode(decodable);
    }
    if (!prefilling.isEmpty()) {
      return new Action.PrefillSegment(prefilling.get(0));
    }
    return new Action.Rest();
  }

  /**
   * Only the head of the queue is looked at: if it has to wait for a large slot, later small ones
   * wait too, otherwise they could keep it out for ever.
   */
  private static Optional<Action> admit(State state) {
    if (state.queued().isEmpty()) {
      return Optional.empty();
    }
    Waiting head = state.queued().get(0);
    for (int index = 0; index < state.classes().size(); index++) {
      CapacityClass candidate = state.classes().get(index);
      if (candidate.capacity() >= head.tokens() && candidate.freeSlots() > 0) {
        return Optional.of(new Action.Admit(head.id(), index));
      }
    }
    return Optional.empty();
  }

  private static List<Long> idsIn(Phase phase, State state) {
    return state.running().stream()
        .filter(running -> running.phase() == phase)
        .map(Running::id)
        .toList();
  }

  /** What a generation that holds a slot can do. */
  enum Phase {
    /** Its next prefill segment can run. */
    PREFILL_READY,
    /** Its blocking plan waits for an answer. */
    PREFILL_WAITING,
    /** It has credit. */
    DECODE_READY,
    /** It has none. */
    DECODE_WAITING
  }

  /**
   * Everything that the decision depends on.
   *
   * @param queued by arrival
   * @param running by arrival
   * @param classes by capacity, ascending
   * @param prefillRanLast whether the last thing computed was a prefill segment
   */
  record State(
      List<Waiting> queued,
      List<Running> running,
      List<CapacityClass> classes,
      boolean prefillRanLast) {}

  /** A queued generation and the KV cache it needs at most. */
  record Waiting(long id, int tokens) {}

  record Running(long id, Phase phase) {}

  record CapacityClass(int capacity, int freeSlots) {}

  sealed interface Action {
    /** Gives the head of the queue a slot of the class with that index. */
    record Admit(long id, int classIndex) implements Action {}

    record PrefillSegment(long id) implements Action {}

    /** One step of all of these, together. */
    record Decode(List<Long> ids) implements Action {}

    /** Nothing can be done until something changes. */
    record Rest() implements Action {}
  }
}
