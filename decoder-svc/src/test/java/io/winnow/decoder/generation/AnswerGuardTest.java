package io.winnow.decoder.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatService.PromptCount;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class AnswerGuardTest {

  private static final AnswerStarted STARTED =
      new AnswerStarted("id", "model", 1, new PromptCount(1, 0));
  private static final AnswerDelta DELTA = new AnswerDelta("a", List.of());
  private static final ChatFailure FAILURE = ChatFailure.of(Reason.INTERNAL, "failed");

  private final RecordingListener listener = new RecordingListener();
  private final AnswerGuard guard = new AnswerGuard(listener);

  @Test
  void dropsWhatComesAfterTheEnd() {
    guard.onStarted(STARTED);
    guard.onFailed(FAILURE);
    guard.onDelta(DELTA);
    guard.onFailed(FAILURE);
    guard.onFinished(null);

    assertThat(listener.ended()).isTrue();
    assertThat(listener.deltas).isEmpty();
  }

  @Test
  void startsOnce() {
    guard.onStarted(STARTED);
    guard.onStarted(STARTED);

    assertThat(listener.started).isEqualTo(STARTED);
  }

  @Test
  void refusesADeltaBeforeTheStart() {
    assertThatIllegalStateException().isThrownBy(() -> guard.onDelta(DELTA));
    assertThatIllegalStateException().isThrownBy(() -> guard.onFinished(null));
  }

  @Test
  void letsOneOfManyEndsThrough() throws Exception {
    int threads = 4;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (int round = 0; round < 200; round++) {
        RecordingListener heard = new RecordingListener();
        AnswerGuard raced = new AnswerGuard(heard);
        raced.onStarted(STARTED);
        CyclicBarrier barrier = new CyclicBarrier(threads);
        List<Future<?>> ends = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          boolean fails = i % 2 == 0;
          ends.add(
              pool.submit(
                  () -> {
                    barrier.await();
                    raced.onDelta(DELTA);
                    if (fails) {
                      raced.onFailed(FAILURE);
                    } else {
                      raced.onFinished(null);
                    }
                    return null;
                  }));
        }
        for (Future<?> end : ends) {
          end.get(); // the listener throws at a second end
        }
        assertThat(heard.ended()).isTrue();
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
