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
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The replicas there are, how they are, and who gets the next piece of work. Time passes in {@link
 * #lookUp} and {@link #ask}; everything else returns at once. Thread-safe.
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
   * Makes a pool without members: {@link #lookUp} finds them.
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
    Optional<Member<R>> well = chooseWell(excluded);
    // A request is a better probe than none: its replica may be back already.
    return well.isPresent()
        ? well
        : taken(candidates(excluded).min(Comparator.comparingLong(member -> member.lastChosen)));
  }

  /** The same, of those that are well only. */
  synchronized Optional<Member<R>> chooseWell(Set<String> excluded) {
    long now = nanoClock.getAsLong();
    return taken(
        candidates(excluded)
            .filter(member -> member.isWell(now))
            .min(
                Comparator.<Member<R>>comparingDouble(load)
                    .thenComparingLong(member -> member.lastChosen)));
  }

  private Stream<Member<R>> candidates(Set<String> excluded) {
    return closed
        ? Stream.empty()
        : members.values().stream().filter(member -> !excluded.contains(member.name));
  }

  private Optional<Member<R>> taken(Optional<Member<R>> chosen) {
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

  /** What the member said when it was asked last. */
  synchronized boolean isReady(Member<R> member) {
    return member.ready;
  }

  /** When the member said last that it was ready; when it was opened if it never did. */
  synchronized long readyNanos(Member<R> member) {
    return member.readyNanos;
  }

  /** Members that would be chosen. */
  synchronized List<Member<R>> well() {
    long now = nanoClock.getAsLong();
    return closed
        ? List.of()
        : members.values().stream().filter(member -> member.isWell(now)).toList();
  }

  /** Members that have work or may get some. */
  synchronized List<Member<R>> all() {
    return everybody().toList();
  }

  synchronized List<String> names() {
    return List.copyOf(members.keySet());
  }

  /**
   * Asks all members how they are, those that get no new work too; one that has not answered the
   * last question is not asked another. Closes those that nobody needs any more.
   *
   * @param askers run a question each; after {@link #close} they need not
   */
  void ask(Executor askers) {
    List<Member<R>> idle;
    List<Member<R>> asked;
    synchronized (this) {
      idle = retired.stream().filter(member -> member.working == 0 && !member.beingAsked).toList();
      retired.removeAll(idle);
      asked = everybody().filter(member -> !member.beingAsked).toList();
      asked.forEach(member -> member.beingAsked = true);
    }
    idle.forEach(member -> askers.execute(() -> close(member)));
    asked.forEach(member -> askers.execute(() -> ask(member)));
  }

  private void ask(Member<R> member) {
    long ejectedBefore;
    synchronized (this) {
      ejectedBefore = member.ejectedUntilNanos;
    }
    boolean answered = false;
    try {
      answered = member.replica.ready().getAsBoolean();
    } catch (RuntimeException e) {
      log.log(Level.ERROR, "runtime " + member.name + " cannot be asked", e);
    }
    synchronized (this) {
      member.beingAsked = false;
      // What it said before it lost work says nothing about now.
      boolean ready = answered && member.ejectedUntilNanos == ejectedBefore;
      if (ready != member.ready || !member.asked) {
        log.log(Level.INFO, "runtime {0} is {1}", member.name, ready ? "ready" : "not ready");
      }
      member.ready = ready;
      member.asked = true;
      if (ready) {
        member.readyNanos = nanoClock.getAsLong();
      }
    }
  }

  /** Closes every member; work under way hears of it from its replica. */
  void close() {
    List<Member<R>> all;
    synchronized (this) {
      closed = true;
      all = everybody().toList();
      members.clear();
      retired.clear();
    }
    all.forEach(ReplicaPool::close);
  }

  /** Those that get new work, and those that only finish theirs. With the lock held. */
  private Stream<Member<R>> everybody() {
    return Stream.concat(members.values().stream(), retired.stream());
  }

  /** Looks at who is there, if it is time to. Blocks; one thread at a time. */
  void lookUp() {
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
    } catch (IOException | RuntimeException e) {
      String problem = String.valueOf(e instanceof IOException ? e.getMessage() : e);
      if (!problem.equals(lookupProblem)) {
        log.log(Level.WARNING, "the runtimes cannot be looked up: {0}", problem);
      }
      lookupProblem = problem;
    }
    refreshedNanos = now;
  }

  private void follow(Set<String> names) {
    synchronized (this) {
      for (String gone : List.copyOf(members.keySet())) {
        if (!names.contains(gone)) {
          retired.add(members.remove(gone));
          log.log(Level.INFO, "runtime {0} is gone", gone);
        }
      }
    }
    for (String name : names) {
      if (!names().contains(name)) {
        open(name);
      }
    }
  }

  /** Takes a replica in; one that cannot be opened is tried again at the next look. */
  private void open(String name) {
    Member<R> member;
    try {
      member = new Member<>(name, source.open(name), nanoClock.getAsLong());
    } catch (RuntimeException e) {
      log.log(Level.ERROR, "runtime " + name + " cannot be opened", e);
      return;
    }
    synchronized (this) {
      if (!closed) {
        members.put(name, member);
        log.log(Level.INFO, "runtime {0} is new", name);
        return;
      }
    }
    close(member);
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
    private boolean beingAsked;
    private long readyNanos;
    private boolean ejected;
    private long ejectedUntilNanos;
    private int losses; // in a row
    private int working;
    private long lastChosen;

    Member(String name, Replica<R> replica, long nowNanos) {
      this.name = name;
      this.replica = replica;
      this.readyNanos = nowNanos;
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
