package io.winnow.runtime.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.Generation;
import io.winnow.runtime.Prompt;
import io.winnow.runtime.SampledToken;
import io.winnow.runtime.contract.RecordingListener.SegmentEnded;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * When an exit takes effect that is said while a prefill runs: before the first segment that has
 * not begun, be it the next one after the segment that it is about or a later one. For every
 * runtime.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class DecoderVerdictsContract extends DecoderContract {

  private static final int LAYERS_PER_SEGMENT = LAYERS / DemoModel.SEGMENTS;
  private static final int LAST = DemoModel.SEGMENTS - 1;
  private static final int ANSWER = 8; // tokens
  private static final Set<Integer> EVERY_SEGMENT = Set.of(0, 1, 2, 3);

  // Its answer differs with the segment at which the visual tokens go.
  private final JsonNode golden = DemoModel.goldens("pruned.json").get(10);
  private DecoderRuntime runtime;

  /**
   * Whether listeners are called between segments by who runs them, so that what they say inside
   * their callback is in time; over a network a segment may begin before it is heard.
   */
  protected abstract boolean listensBetweenSegments();

  @BeforeAll
  void openRuntime() {
    runtime = open(DemoModel.endless(), new Bounds(1, 64));
  }

  @AfterAll
  void closeRuntime() {
    runtime.close();
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "2, 2", "0, 1", "0, 2", "1, 2"})
  void anExitThatNobodyWaitsForIsAppliedAtTheNextStartThatItIsInTimeFor(int about, int saidAfter) {
    Started started = saying(about, saidAfter);

    int applied = assertRightWhereverApplied(started);
    int inTimeFor = (saidAfter + 1) * LAYERS_PER_SEGMENT;
    if (listensBetweenSegments()) {
      assertThat(applied).isEqualTo(inTimeFor);
    } else {
      assertThat(applied).isGreaterThanOrEqualTo(inTimeFor);
    }
  }

  @Test
  void anExitThatComesWhenTheLastSegmentHasRunChangesNothing() {
    assertThat(assertRightWhereverApplied(saying(0, LAST))).isEqualTo(LAYERS);
  }

  /** Here the prefill is held between the segments by questions of its own. */
  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "2, 2", "0, 1", "0, 2", "1, 2"})
  void anExitThatComesWhileThePrefillIsHeldIsAppliedAtTheNextStart(int about, int saidAfter) {
    Started started = start(runtime, greedy(prompt(), observing(EVERY_SEGMENT, true), ANSWER));
    for (int segment = 0; segment <= LAST; segment++) {
      assertThat(started.listener().await(SegmentEnded.class).end().segment()).isEqualTo(segment);
      if (segment == saidAfter) {
        started.generation().resume(about, true);
      }
      if (segment != saidAfter || segment != about) {
        started.generation().resume(segment, false);
      }
    }

    assertThat(assertRightWhereverApplied(started)).isEqualTo((saidAfter + 1) * LAYERS_PER_SEGMENT);
  }

  /** A prefill that waits for nothing, and an exit that is said once a segment has ended. */
  private Started saying(int about, int saidAfter) {
    CompletableFuture<Generation> generation = new CompletableFuture<>();
    RecordingListener listener =
        new RecordingListener()
            .alsoTo(
                event -> {
                  if (event instanceof SegmentEnded ended && ended.end().segment() == saidAfter) {
                    generation.join().resume(about, true);
                  }
                });
    generation.complete(
        runtime.start(greedy(prompt(), observing(EVERY_SEGMENT, false), ANSWER), listener));
    return new Started(generation.join(), listener);
  }

  /**
   * The answer is, to the last bit, that of a plan which withdraws the tokens where they went.
   *
   * @return the first layer without them; the number of layers if they stayed
   */
  private int assertRightWhereverApplied(Started started) {
    List<SampledToken> tokens = started.sampled();
    int[] entered = started.summary().visualEntered();
    int applied = (int) Arrays.stream(entered).takeWhile(count -> count > 0).count();
    assertThat(applied % LAYERS_PER_SEGMENT).isZero();
    assertThat(entered).isEqualTo(withdrawnFrom(applied));
    assertThat(tokens)
        .isEqualTo(start(runtime, greedy(prompt(), withdrawnBefore(applied), ANSWER)).sampled());
    return applied;
  }

  private Prompt prompt() {
    return DemoModel.prompt(golden);
  }
}
