package io.winnow.decoder.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MailboxTest {

  private static final int SENDERS = 4;
  private static final int TASKS = 5_000;

  private final ExecutorService pool = Executors.newFixedThreadPool(SENDERS);

  @AfterEach
  void close() {
    pool.shutdownNow();
  }

  @Test
  void runsOneTaskAtATimeInTheOrderOfEachSender() throws InterruptedException {
    Mailbox mailbox = new Mailbox(pool);
    ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
    List<List<Integer>> seen = new ArrayList<>();
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger meetings = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(SENDERS * TASKS);
    for (int sender = 0; sender < SENDERS; sender++) {
      List<Integer> own = new ArrayList<>();
      seen.add(own);
      senders.execute(
          () -> {
            for (int i = 0; i < TASKS; i++) {
              int number = i;
              mailbox.execute(
                  () -> {
                    meetings.addAndGet(inside.getAndIncrement());
                    own.add(number);
                    inside.decrementAndGet();
                    done.countDown();
                  });
            }
          });
    }

    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    senders.shutdownNow();
    assertThat(meetings).hasValue(0);
    assertThat(seen).allSatisfy(own -> assertThat(own).hasSize(TASKS).isSorted());
  }

  @Test
  void letsOthersHaveTheThreadInBetween() {
    List<Runnable> turns = new ArrayList<>();
    Mailbox mailbox = new Mailbox(turns::add);
    AtomicInteger ran = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      mailbox.execute(ran::incrementAndGet);
    }
    turns.remove(0).run();

    assertThat(ran.get()).isBetween(1, 99);
    assertThat(turns).hasSize(1);
  }
}
