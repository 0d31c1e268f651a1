package io.winnow.decoder.generation;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/** Runs tasks in order, one at a time, on another executor. */
final class Mailbox implements Executor {

  /** Tasks run at a stretch before other mailboxes get their turn. */
  private static final int STRETCH = 16;

  private final Executor executor;
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private boolean scheduled;

  Mailbox(Executor executor) {
    this.executor = executor;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (this) {
      tasks.add(task);
      if (scheduled) {
        return;
      }
      scheduled = true;
    }
    executor.execute(this::run);
  }

  private void run() {
    for (int i = 0; i < STRETCH; i++) {
      Runnable task;
      synchronized (this) {
        task = tasks.poll();
        if (task == null) {
          scheduled = false;
          return;
        }
      }
      task.run();
    }
    executor.execute(this::run);
  }
}
