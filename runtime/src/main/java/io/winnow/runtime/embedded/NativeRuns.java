package io.winnow.runtime.embedded;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.RunOptions;
import io.winnow.runtime.RuntimeStoppedException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Knows the native calls under way, so that they can be stopped: one of them when the only
 * generation it serves is closed, all of them before the runtime goes. Thread-safe.
 */
final class NativeRuns {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition noneActive = lock.newCondition();
  private final Map<RunOptions, Optional<Object>> active = new HashMap<>(); // run to its only owner
  private boolean stopped;

  /**
   * Registers a run.
   *
   * @param owner whom it serves, if it serves one alone
   * @throws RuntimeStoppedException after {@link #stop()}
   */
  Run begin(Optional<Object> owner) throws OrtException {
    lock.lock();
    try {
      if (stopped) {
        throw new RuntimeStoppedException("the embedded runtime is closed");
      }
      RunOptions options = new RunOptions();
      active.put(options, owner);
      return new Run(this, options);
    } finally {
      lock.unlock();
    }
  }

  /** Stops the run that serves this owner alone, if there is one. */
  void terminate(Object owner) {
    lock.lock();
    try {
      for (Map.Entry<RunOptions, Optional<Object>> run : active.entrySet()) {
        if (run.getValue().filter(served -> served == owner).isPresent()) {
          terminate(run.getKey());
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Refuses further runs, stops the active ones and waits until they have returned. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      active.keySet().forEach(NativeRuns::terminate);
      while (!active.isEmpty()) {
        noneActive.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  boolean stopped() {
    lock.lock();
    try {
      return stopped;
    } finally {
      lock.unlock();
    }
  }

  private void end(RunOptions options) {
    lock.lock();
    try {
      active.remove(options);
      options.close();
      if (active.isEmpty()) {
        noneActive.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private static void terminate(RunOptions options) {
    try {
      options.setTerminate(true);
    } catch (OrtException e) {
      // The options are open while they are registered; the native setter itself cannot fail.
      throw new IllegalStateException("a native run cannot be stopped", e);
    }
  }

  /** A registered run; closing it unregisters it. */
  record Run(NativeRuns runs, RunOptions options) implements AutoCloseable {

    @Override
    public void close() {
      runs.end(options);
    }
  }
}
