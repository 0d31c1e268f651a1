package io.winnow.runtime.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.DecoderRuntime;
import io.winnow.runtime.FinishCause;
import io.winnow.runtime.RuntimeFailure.Kind;
import io.winnow.runtime.contract.RecordingListener.Event;
import io.winnow.runtime.contract.RecordingListener.Failed;
import io.winnow.runtime.contract.RecordingListener.Finished;
import io.winnow.runtime.contract.RecordingListener.Prefilled;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Many generations that come, go and are cancelled. For every runtime. */
public abstract class DecoderStressContract extends DecoderContract {

  private static final int GENERATIONS = 200;
  private static final int ANSWER = 8;
  private static final int[] PROMPTS = {1, 5, 33, 90};
  private static final long MEBIBYTE = 1 << 20;
  private static final long MOST_GROWTH = 30; // MiB

  @Test
  void everyGenerationEndsOnceWhateverHappensToTheOthers() {
    Random random = new Random(20260214);
    try (DecoderRuntime runtime = open(DemoModel.endless(), new Bounds(6, GENERATIONS))) {
      Map<Integer, List<Integer>> answers = answersAlone(runtime);
      List<Life> lives = new ArrayList<>();
      for (int number = 0; number < GENERATIONS; number++) {
        lives.add(new Life(runtime, PROMPTS[random.nextInt(PROMPTS.length)]));
        for (int turn = random.nextInt(6); turn > 0; turn--) {
          lives.get(random.nextInt(lives.size())).turn(random);
        }
      }
      lives.forEach(life -> life.started.generation().decode(ANSWER));

      for (Life life : lives) {
        Event end = life.started.listener().awaitEnd();
        List<Integer> drawn = ids(life.started.listener().tokens());
        assertThat(drawn)
            .as("never another's tokens")
            .isEqualTo(answers.getOrDefault(life.prompt, List.of()).subList(0, drawn.size()));
        if (end instanceof Failed failed) {
          assertThat(failed.failure().kind()).isEqualTo(Kind.CANCELLED);
          assertThat(life.closed).isTrue();
        } else {
          assertThat(end).isEqualTo(new Finished(FinishCause.LENGTH));
          assertThat(drawn).hasSize(ANSWER);
        }
      }
      assertThat(lives).anyMatch(life -> life.closed).anyMatch(life -> !life.closed);
      answersAlone(runtime);
      assertThat(lives).allMatch(life -> life.started.listener().pending().isEmpty());
      assertThat(runtime.load().running() + runtime.load().queued()).isZero();
      assertThat(runtime.load().kvBytesUsed()).isZero();
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void slotsAreUsedAgainWithoutGrowth() throws IOException {
    try (DecoderRuntime runtime = open(DemoModel.endless(), new Bounds(2, 2))) {
      useSlots(runtime, 60);

      assertThat(leastGrowth(runtime)).as("MiB of growth").isLessThan(MOST_GROWTH);
    }
  }

  /** Of a few rounds: a leak shows in each of them, what allocators keep does not. */
  private static long leastGrowth(DecoderRuntime runtime) throws IOException {
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 4 && least >= MOST_GROWTH; round++) {
      long before = nativeBytes();
      useSlots(runtime, GENERATIONS);
      least = Math.min(least, (nativeBytes() - before) / MEBIBYTE);
    }
    return least;
  }

  /** One after the other, half of them closed between prefill and answer. */
  private static void useSlots(DecoderRuntime runtime, int times) {
    for (int time = 0; time < times; time++) {
      Started started = start(runtime, greedy(DemoModel.textPrompt(150 + time % 50), 2));
      if (time % 2 == 0) {
        started.answer();
      } else {
        started.listener().await(Prefilled.class);
        assertThat(runtime.load().running()).isEqualTo(1);
        started.generation().close();
        started.listener().awaitFailure(Kind.CANCELLED);
      }
      assertThat(runtime.load().kvBytesUsed()).isZero();
    }
  }

  /** Resident memory beyond the Java heap. */
  private static long nativeBytes() throws IOException {
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted();
    String resident = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
    return Long.parseLong(resident) * 4096 - heap;
  }

  private static Map<Integer, List<Integer>> answersAlone(DecoderRuntime runtime) {
    Map<Integer, List<Integer>> answers = new HashMap<>();
    for (int prompt : PROMPTS) {
      answers.put(prompt, start(runtime, greedy(DemoModel.textPrompt(prompt), ANSWER)).answer());
    }
    return answers;
  }

  /** A generation at the mercy of chance. */
  private static final class Life {
    final int prompt;
    final Started started;
    boolean closed;

    Life(DecoderRuntime runtime, int prompt) {
      this.prompt = prompt;
      this.started = start(runtime, greedy(DemoModel.textPrompt(prompt), ANSWER));
    }

    void turn(Random random) {
      if (random.nextInt(6) == 0) {
        closed = true;
        started.generation().close();
      } else {
        started.generation().decode(1 + random.nextInt(3));
      }
    }
  }
}
