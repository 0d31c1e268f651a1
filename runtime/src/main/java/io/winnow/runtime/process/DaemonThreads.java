package io.winnow.runtime.process;

import java.util.concurrent.ThreadFactory;

/** Threads that do not hold up the end of the process. */
public final class DaemonThreads {

  private DaemonThreads() {}

  /** Each of the threads has this name. */
  public static ThreadFactory named(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
