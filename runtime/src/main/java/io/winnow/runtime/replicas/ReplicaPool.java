package io.winnow.runtime.replicas;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The replicas there are, how they are, and who gets the next piece of work. Time passes in {@link
 * #tick()}; everything else returns at once. Thread-safe.
 */
final class ReplicaPool<R extends AutoCloseable> {

  private static final Logger log = System.getLogger(ReplicaPool.class.getName());

  private final ReplicaSource<R> source;
  private final ToDoubleFunction<Member<R>> load;
  private final ReplicaSettings settings;
  private final LongSupplier nanoClock;
  private final Map<String, Member<R>> members = new LinkedHashMap<>(); // by name
  private final List<Member<R>> retired = new ArrayList<>(); // work goes on, no new work
  private long refreshedNanos;
  private boolean refreshed;
  private String lookupProblem = "";
  private long choices;
  private boolean closed;

  /**
   * Makes a pool without members: {@link #tick} finds them.
   *
   * @param load how busy a member is; only the order matters
   */
  ReplicaPool(
      ReplicaSource<R> source,
      ToDoubleFunction<Member<R>> load,
      ReplicaSettings settings,
      LongSupplier nanoClock) {
    this.source = source;
    this.load = load;
    this.settings = settings;
    this.nanoClock = nanoClock;
  }

  /**
   * The least loaded member that is well; if there is none, one that may be well again. It counts
   * as working until it is {@link #release released}.
   *
   * @param excluded names that are not asked
   */
  synchronized Optional<Member<R>> choose(Set<String> excluded) {
    if (closed) {
      return Optional.empty();
    }
    long now = nanoClock.getAsLong();
    List<Member<R>> candidates =
        members.values().stream().filter(member -> !excluded.contains(member.name)).toList();
    Optional<Member<R>> chosen =
        candidates.stream()
            .filter(member -> member.isWell(now))
            .min(
                Comparator.<Member<R>>comparingDouble(load)
                    .thenComparingLong(member -> member.lastChosen));
    // A request is a better probe than none: its replica may be back already.
    chosen =
        chosen.or(
            () -> candidates.stream().min(Comparator.comparingLong(member -> member.lastChosen)));
    chosen.ifPresent(
        member -> {
          member.lastChosen = ++choices;
          member.working++;
        });
    return chosen;
  }

  synchronized void release(Member<R> member) {
    member.working--;
  }

  /** It did what it was asked for. */
  synchronized void succeeded(Member<R> member) {
    member.losses = 0;
  }

  /** It lost a piece of work: it gets no other for a while. */
  synchronized void lost(Member<R> member) {
    if (member.isEjected(nanoClock.getAsLong())) {
      return; // much is lost at a time when a server dies
    }
    Duration pause = settings.ejection();
    for (int loss = 0;
        loss < member.losses && pause.compareTo(settings.maxEjection()) < 0;
        loss++) {
      pause = pause.multipliedBy(2);
    }
    if (pause.compareTo(settings.maxEjection()) > 0) {
      pause = settings.maxEjection();
    }
    member.losses++;
    member.ejectedUntilNanos = nanoClock.getAsLong() + pause.toNanos();
    member.ejected = true;
    member.ready = false; // whatever it said before: it is asked again
    log.log(
        Level.WARNING, "runtime {0} lost work: no more for {1} ms", member.name, pause.toMillis());
  }

  private synchronized long ejection(Member<R> member) {
    return member.ejectedUntilNanos;
  }

  /** What the member said when it was asked last. */
  synchronized boolean isReady(Member<R> member) {
    return member.ready;
  }

  /** Members that would be chosen. */
  synchronized List<Member<R>> well() {
    long now = nanoClock.getAsLong();
    return closed
        ? List.of()
        : members.values().stream().filter(member -> member.isWell(now)).toList();
  }

  synchronized List<String> names() {
    return List.copyOf(members.keySet());
  }

  /** Looks at who is there and how they are. Blocks; one thread at a time. */
  void tick() {
    refresh();
    for (Member<R> member : present()) {
      long ejectedBefore = ejection(member);
      boolean answered = member.replica.ready().getAsBoolean();
      synchronized (this) {
        // What it said before it lost work says nothing about now.
        boolean ready = answered && member.ejectedUntilNanos == ejectedBefore;
        if (ready != member.ready || !member.asked) {
          log.log(Level.INFO, "runtime {0} is {1}", member.name, ready ? "ready" : "not ready");
        }
        member.ready = ready;
        member.asked = true;
      }
    }
    List<Member<R>> idle;
    synchronized (this) {
      idle = retired.stream().filter(member -> member.working == 0).toList();
      retired.removeAll(idle);
    }
    idle.forEach(ReplicaPool::close);
  }

  /** Closes every member; work under way hears of it from its replica. */
  void close() {
    List<Member<R>> all;
    synchronized (this) {
      closed = true;
      all = new ArrayList<>(members.values());
      all.addAll(retired);
      members.clear();
      retired.clear();
    }
    all.forEach(ReplicaPool::close);
  }

  private synchronized List<Member<R>> present() {
    return List.copyOf(members.values());
  }

  private void refresh() {
    long now = nanoClock.getAsLong();
    if (refreshed && now - refreshedNanos < settings.refreshInterval().toNanos()) {
      return;
    }
    try {
      Set<String> names = source.names();
      if (names.isEmpty()) {
        throw new IOException("there is none");
      }
      follow(new TreeSet<>(names));
      refreshed = true;
      lookupProblem = "";
    } catch (IOException e) {
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(lookupProblem)) {
        log.log(Level.WARNING, "the runtimes cannot be looked up: {0}", problem);
      }
      lookupProblem = problem;
    }
    refreshedNanos = now;
  }

  private void follow(Set<String> names) {
    Map<String, Member<R>> added = new LinkedHashMap<>();
    for (String name : names) {
      if (!names().contains(name)) {
        added.put(name, new Member<>(name, source.open(name)));
      }
    }
    synchronized (this) {
      if (!closed) {
        for (String gone : List.copyOf(members.keySet())) {
          if (!names.contains(gone)) {
            retired.add(members.remove(gone));
            log.log(Level.INFO, "runtime {0} is gone", gone);
          }
        }
        members.putAll(added);
        added.keySet().forEach(name -> log.log(Level.INFO, "runtime {0} is new", name));
        return;
      }
    }
    added.values().forEach(ReplicaPool::close);
  }

  private static void close(Member<?> member) {
    try {
      member.replica.runtime().close();
    } catch (Exception e) {
      log.log(Level.ERROR, "runtime " + member.name + " cannot be closed", e);
    }
  }

  /** A replica and what is known of it. The state belongs to the pool. */
  static final class Member<R extends AutoCloseable> {

    private final String name;
    private final Replica<R> replica;
    private boolean ready;
    private boolean asked; // whether it is
    private boolean ejected;
    private long ejectedUntilNanos;
    private int losses; // in a row
    private int working;
    private long lastChosen;

    Member(String name, Replica<R> replica) {
      this.name = name;
      this.replica = replica;
    }

    String name() {
      return name;
    }

    R runtime() {
      return replica.runtime();
    }

    /** Pieces of work that it has of this pool; for the load function. */
    int working() {
      return working;
    }

    private boolean isWell(long now) {
      return ready && !isEjected(now);
    }

    private boolean isEjected(long now) {
      if (ejected && now - ejectedUntilNanos >= 0) {
        ejected = false;
      }
      return ejected;
    }
  }
}
