package io.winnow.runtime.replicas;

import io.winnow.runtime.FinishCause;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.PrefillSummary;
import io.winnow.runtime.Replay;
import io.winnow.runtime.SampledToken;
import io.winnow.v1.DecoderManifest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the caller of a generation has been told and has said, on whichever replica: all that it
 * takes to go on on another one. Not thread-safe.
 */
final class Progress {

  private final GenerationRequest request;
  private final DecoderManifest manifest;
  private final Set<Integer> endTokens;
  private final int answerLimit;
  private final List<Integer> tokens = new ArrayList<>(); // of the answer, in order
  private final BitSet toldEnds = new BitSet(); // by segment
  private final Map<Integer, Boolean> verdicts = new TreeMap<>(); // by segment: exit
  private Optional<PrefillSummary> prefill = Optional.empty();
  private boolean started;
  private long granted;
  private long drawn;

  /**
   * Nothing done yet, beyond what the request itself replays.
   *
   * @throws IllegalArgumentException if the prompt leaves no room for an answer
   */
  Progress(GenerationRequest request, DecoderManifest manifest, Set<Integer> endTokens) {
    this.request = request;
    this.manifest = manifest;
    this.endTokens = endTokens;
    this.answerLimit = request.answerLimit(manifest.getContextLength());
    request.replay().ifPresent(replay -> tokens.addAll(replay.tokens()));
  }

  /** What the next replica is asked for. */
  GenerationRequest next() {
    return prefill.isEmpty() ? request : request.withReplay(new Replay(exit(), tokens));
  }

  /** Whether the caller is to hear that the prefill begins. */
  boolean start() {
    boolean first = !started;
    started = true;
    return first;
  }

  /** Whether the caller is to hear of a segment's end. */
  boolean end(int segment) {
    boolean first = prefill.isEmpty() && !toldEnds.get(segment);
    toldEnds.set(segment);
    return first;
  }

  /** Whether the caller is to hear that the prefill is complete. */
  boolean prefilled(PrefillSummary summary) {
    boolean first = prefill.isEmpty();
    if (first) {
      prefill = Optional.of(summary);
    }
    return first;
  }

  /** Whether it is the token that comes next: anything else is a replica's defect. */
  boolean token(SampledToken token) {
    if (token.step() != tokens.size()) {
      return false;
    }
    tokens.add(token.id());
    drawn++;
    return true;
  }

  int tokens() {
    return tokens.size();
  }

  void verdict(int segment, boolean exit) {
    verdicts.merge(segment, exit, Boolean::logicalOr);
  }

  /** What the caller answered at a segment's end, if it has. */
  Optional<Boolean> verdict(int segment) {
    return Optional.ofNullable(verdicts.get(segment));
  }

  void grant(int credit) {
    granted += credit;
  }

  /** All credit that the caller has given. */
  long granted() {
    return granted;
  }

  /** Tokens that the caller has got for it. */
  long drawn() {
    return drawn;
  }

  /** Whether it is a replica's turn, if only to give it a slot, and not the caller's. */
  boolean owesWork() {
    if (prefill.isPresent()) {
      return granted > drawn;
    }
    return !request.plan().blocking()
        || toldEnds.stream().allMatch(segment -> verdicts.containsKey(segment));
  }

  /** How the answer ends, if its last token is there: whether a replica says so does not matter. */
  Optional<FinishCause> complete() {
    if (tokens.isEmpty()) {
      return Optional.empty();
    }
    if (endTokens.contains(tokens.get(tokens.size() - 1))) {
      return Optional.of(FinishCause.END_OF_SEQUENCE);
    }
    return tokens.size() >= answerLimit ? Optional.of(FinishCause.LENGTH) : Optional.empty();
  }

  /** First segment that an exit left without visual tokens. */
  private OptionalInt exit() {
    if (request.replay().isPresent()) {
      return request.replay().get().exitBefore();
    }
    int[] visualEntered = prefill.orElseThrow().visualEntered();
    for (int segment = 1; segment < manifest.getSegmentsCount(); segment++) {
      int verdictsUntil = segment;
      boolean asked =
          verdicts.entrySet().stream().anyMatch(v -> v.getValue() && v.getKey() < verdictsUntil);
      if (asked && visualEntered[manifest.getSegments(segment).getFirstLayer()] == 0) {
        return OptionalInt.of(segment);
      }
    }
    return OptionalInt.empty();
  }
}
