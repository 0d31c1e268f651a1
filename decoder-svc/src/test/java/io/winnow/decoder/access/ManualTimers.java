package io.winnow.decoder.access;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Timers that fire when the test says so. */
final class ManualTimers implements Timers {

  private final List<Runnable> pending = new ArrayList<>();

  @Override
  public Runnable after(Duration delay, Runnable task) {
    pending.add(task);
    return () -> pending.remove(task);
  }

  int pending() {
    return pending.size();
  }

  void fireAll() {
    List<Runnable> due = List.copyOf(pending);
    pending.clear();
    due.forEach(Runnable::run);
  }
}
