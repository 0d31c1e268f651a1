package io.winnow.runtime.embedded;

import io.winnow.runtime.GenerationListener;
import io.winnow.runtime.GenerationRequest;
import io.winnow.runtime.LogitRow;
import io.winnow.runtime.Replay;
import java.util.Optional;

/** A generation as the engine sees it, from its arrival to its terminal event. */
final class LiveGeneration {

  private final long id;
  private final GenerationRequest request;
  private final GenerationListener listener;
  private final GenerationHandle handle;
  private final int maxTokens;
  private final int[] cachedLengths; // [layers]
  private final long startedNanos = System.nanoTime();
  private Stage stage = new Stage.Queued();

  /**
   * Makes a queued generation.
   *
   * @param id ascending by arrival
   * @param limits of its answer and the decoder
   */
  LiveGeneration(
      long id,
      GenerationRequest request,
      GenerationListener listener,
      GenerationHandle handle,
      Limits limits) {
    this.id = id;
    this.request = request;
    this.listener = listener;
    this.handle = handle;
    this.maxTokens = limits.maxTokens();
    this.cachedLengths = new int[limits.layers()];
  }

  long id() {
    return id;
  }

  GenerationRequest request() {
    return request;
  }

  GenerationListener listener() {
    return listener;
  }

  GenerationHandle handle() {
    return handle;
  }

  int maxTokens() {
    return maxTokens;
  }

  /**
   * Tokens that its KV cache must hold at most. The last token is never fed back, so a layer's
   * cached length stays below this.
   */
  int kvTokens() {
    return request.prompt().length() + maxTokens;
  }

  /** Tokens in each layer's cache; the engine's own, changes // [layers]. */
  int[] cachedLengths() {
    return cachedLengths;
  }

  long startedNanos() {
    return startedNanos;
  }

  Stage stage() {
    return stage;
  }

  void enter(Stage next) {
    stage = next;
  }

  boolean ended() {
    return stage instanceof Stage.Ended;
  }

  Optional<Seat> seat() {
    if (stage instanceof Stage.Prefilling prefilling) {
      return Optional.of(prefilling.seat());
    }
    if (stage instanceof Stage.Decoding decoding) {
      return Optional.of(decoding.seat());
    }
    return Optional.empty();
  }

  /** The answer so far; only while decoding. */
  Answer answer() {
    return ((Stage.Decoding) stage).answer();
  }

  /** The token that a replay says comes next; empty: it is drawn, against credit. */
  Optional<Integer> replayedNext() {
    int next = answer().tokens();
    return request
        .replay()
        .map(Replay::tokens)
        .filter(tokens -> next < tokens.size())
        .map(tokens -> tokens.get(next));
  }

  /** Whether it can go on: it replays, or it has credit. */
  boolean canDecode() {
    return replayedNext().isPresent() || handle.hasCredit();
  }

  /**
   * What bounds a generation.
   *
   * @param maxTokens most tokens of the answer
   * @param layers of the decoder
   */
  record Limits(int maxTokens, int layers) {}

  /** A place in a pool. */
  record Seat(KvPool pool, int slot) {}

  sealed interface Stage {
    record Queued() implements Stage {}

    record Prefilling(Seat seat, Prefill prefill) implements Stage {}

    record Decoding(Seat seat, Answer answer) implements Stage {}

    record Ended() implements Stage {}
  }

  /** The tokens drawn so far, as far as drawing the next one needs them. */
  static final class Answer {

    private final long firstPosition;
    private Optional<LogitRow> firstRow;
    private int tokens;
    private long lastToken;

    /**
     * An answer without a token.
     *
     * @param firstRow of the prefill; waits here until there is credit
     */
    Answer(long firstPosition, LogitRow firstRow) {
      this.firstPosition = firstPosition;
      this.firstRow = Optional.of(firstRow);
    }

    Optional<LogitRow> firstRow() {
      return firstRow;
    }

    int tokens() {
      return tokens;
    }

    long lastToken() {
      return lastToken;
    }

    /** Position of the last token, which is the next one to be fed back. */
    long lastPosition() {
      return firstPosition + tokens - 1;
    }

    void add(int token) {
      firstRow = Optional.empty();
      lastToken = token;
      tokens++;
    }
  }
}
