package io.winnow.runtime.replicas;

import io.winnow.runtime.process.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Looks after a pool on threads of its own. Names that take long to look up, replicas that take
 * long to open and one that is slow to answer hold nothing else up.
 */
final class Watch {

  private final Ticker lookUps;
  private final Ticker rounds;
  private final ExecutorService askers;

  /**
   * A watch that does nothing yet.
   *
   * @param round done after each time that the replicas were asked; returns soon
   */
  Watch(String threadName, Duration interval, ReplicaPool<?> pool, Runnable round) {
    this.askers = // as many threads as there are replicas that have not answered
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            1,
            TimeUnit.MINUTES,
            new SynchronousQueue<>(),
            DaemonThreads.named(threadName + "-question"),
            new ThreadPoolExecutor.DiscardPolicy()); // stopped: nobody needs to know any more
    this.lookUps = new Ticker(threadName + "-names", interval, pool::lookUp);
    this.rounds =
        new Ticker(
            threadName,
            interval,
            () -> {
              pool.ask(askers);
              round.run();
            });
  }

  void start() {
    lookUps.start();
    rounds.start();
  }

  /** Does not wait for what is under way. */
  void stop() {
    lookUps.stop();
    rounds.stop();
    askers.shutdownNow();
  }
}
