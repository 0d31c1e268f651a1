package io.winnow.runtime.triton.client;

import io.grpc.Status;
import io.winnow.runtime.process.DaemonThreads;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Registered regions of one server, borrowed by one call at a time. A region whose call was not
 * answered is never used again: the server may still read or write it. It is unregistered later,
 * where the server refuses that as long as it is in use.
 *
 * <p>The server is asked on a thread of the pool's own, never under its lock: a caller may be the
 * very thread that delivers the answer. Thread-safe.
 */
final class RegionPool {

  private static final int SMALLEST = 1 << 16;
  private static final Duration REGISTRATION = Duration.ofSeconds(2);
  private static final Duration FAREWELL = Duration.ofSeconds(1);
  private static final CallSettings FAREWELL_CALL = CallSettings.within(FAREWELL);

  /** After a server did not answer a registration, it is not asked for another one so long. */
  private static final long SUSPENSION_NANOS = Duration.ofSeconds(5).toNanos();

  /** A region that no call wanted for so long is given up. */
  static final Duration IDLE = Duration.ofMinutes(1);

  private static final Duration SWEEP = Duration.ofSeconds(10);

  private final SharedMemorySettings settings;
  private final RegionServer server;
  private final boolean sameHost;
  private final LongSupplier nanoClock;
  private final ScheduledThreadPoolExecutor worker;

  // Guarded by this; regions leave idle and lost before the server is asked about them.
  private final Deque<Idle> idle = new ArrayDeque<>(); // the latest first
  private final List<SharedRegion> lost = new ArrayList<>();
  private final Map<Integer, CompletableFuture<Void>> registering = new HashMap<>(); // by size
  private int epoch; // goes up when the server lost its registrations
  private long bytesInUse; // lost ones and those that are being registered included
  private boolean usable;
  private boolean tried;
  private boolean countsUsers;
  private boolean suspended;
  private long suspendedNanos;
  private boolean sweeping;
  private boolean closed;

  RegionPool(
      SharedMemorySettings settings, RegionServer server, String address, LongSupplier nanoClock) {
    this.settings = settings;
    this.server = server;
    this.nanoClock = nanoClock;
    this.sameHost = LocalAddress.isLocal(address) && SharedRegion.supported();
    this.worker = new ScheduledThreadPoolExecutor(1, DaemonThreads.named("winnow-triton-regions"));
    worker.setKeepAliveTime(10, TimeUnit.SECONDS);
    worker.allowCoreThreadTimeOut(true);
    worker.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** A region in the hands of one call. */
  record Borrowed(SharedRegion region, int epoch) {}

  private record Idle(SharedRegion region, long sinceNanos) {}

  /** Whether so many bytes should go through shared memory. */
  boolean pays(long bytes) {
    long largest = Math.min(Integer.MAX_VALUE, settings.limitBytes());
    return sameHost && bytes > settings.thresholdBytes() && bytes <= largest;
  }

  /**
   * A region of at least so many bytes. Where there is none the server is asked to map one, which a
   * later call finds.
   *
   * @param patience how long the caller may wait for that one; zero: not at all
   * @return null where there is none to be had
   */
  @Nullable Borrowed borrow(long bytes, Duration patience) {
    if (!pays(bytes)) {
      return null;
    }
    int size = sizeClass(bytes);
    CompletableFuture<Void> registration;
    synchronized (this) {
      if (closed || tried && !usable) {
        return null;
      }
      Borrowed ready = takeIdle(size);
      if (ready != null || isSuspended()) {
        return ready;
      }
      registration = registering.computeIfAbsent(size, this::registerLater);
    }
    return isOver(registration, patience) ? takeIdle(size) : null;
  }

  /** The call was answered: the region serves another. */
  synchronized void giveBack(Borrowed borrowed) {
    if (borrowed.epoch() == epoch) {
      idle.push(new Idle(borrowed.region(), nanoClock.getAsLong()));
      sweepLater();
    }
  }

  /** The call was not answered: the server may still be at work on the region. */
  synchronized void lose(Borrowed borrowed) {
    if (borrowed.epoch() == epoch) {
      lost.add(borrowed.region());
      sweepLater();
    }
  }

  /** The server does not know a region that it knew: it began anew, so that all are lost. */
  synchronized void forget(Borrowed gone) {
    if (gone.epoch() == epoch) {
      epoch++;
      idle.clear();
      lost.clear();
      bytesInUse = 0;
      tried = false;
      usable = false;
    }
  }

  /** Unregisters what no call holds. Idempotent; waits a second at most. */
  void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    worker.execute(() -> sweep(Duration.ZERO));
    worker.shutdown();
    try {
      var unused = worker.awaitTermination(FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    worker.shutdownNow();
  }

  private synchronized @Nullable Borrowed takeIdle(int size) {
    for (Iterator<Idle> each = idle.iterator(); each.hasNext(); ) {
      SharedRegion region = each.next().region();
      if (region.byteSize() == size) {
        each.remove();
        return new Borrowed(region, epoch);
      }
    }
    return null;
  }

  private boolean isSuspended() {
    suspended = suspended && nanoClock.getAsLong() - suspendedNanos < SUSPENSION_NANOS;
    return suspended;
  }

  private static boolean isOver(CompletableFuture<Void> registration, Duration patience) {
    try {
      registration.get(Math.min(patience.toNanos(), REGISTRATION.toNanos()), TimeUnit.NANOSECONDS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (TimeoutException | ExecutionException e) {
      return false; // the message carries the tensors
    }
  }

  private CompletableFuture<Void> registerLater(int size) {
    return CompletableFuture.runAsync(() -> register(size), worker);
  }

  // The worker's

  private void register(int size) {
    int begun;
    synchronized (this) {
      begun = epoch;
    }
    SharedRegion region = null;
    try {
      if (reserve(size)) {
        region = mapped(size);
        if (region == null) {
          release(size, begun);
        }
      }
    } finally {
      synchronized (this) {
        registering.remove(size);
        if (region != null && begun == epoch) {
          idle.push(new Idle(region, nanoClock.getAsLong()));
          sweepLater();
        } else if (region != null) {
          lost.add(region); // the server began anew meanwhile, and may know it or not
          bytesInUse += size;
          sweepLater();
        }
      }
    }
  }

  /** Makes room in the limit, out of idle regions of other sizes if need be. */
  private boolean reserve(int size) {
    while (true) {
      SharedRegion victim;
      int begun;
      synchronized (this) {
        begun = epoch;
        if (bytesInUse + size <= settings.limitBytes()) {
          bytesInUse += size;
          return true;
        }
        if (idle.isEmpty()) {
          return false;
        }
        victim = idle.removeLast().region();
      }
      if (!unregister(victim, begun)) {
        return false;
      }
    }
  }

  /** A new region that the server has mapped; null, and nothing is reserved any more, if not. */
  private @Nullable SharedRegion mapped(int size) {
    CallSettings call = CallSettings.within(REGISTRATION);
    boolean first;
    synchronized (this) {
      first = !tried;
    }
    SharedRegion region = null;
    try {
      region = SharedRegion.create(size);
      if (first) {
        server.unregisterAbandoned(call);
      }
      server.register(region, call);
      if (first) {
        learnWhetherUsersAreCounted(call);
      }
      synchronized (this) {
        tried = true;
        usable = true;
      }
      return region;
    } catch (IOException e) {
      return null; // no memory left: the message carries the tensors
    } catch (TritonException e) {
      refused(e);
      return null;
    } finally {
      unlink(region);
    }
  }

  private void learnWhetherUsersAreCounted(CallSettings call) {
    boolean counts;
    try {
      counts = server.countsUsers(call);
    } catch (TritonException e) {
      counts = false; // it has no such call
    }
    synchronized (this) {
      countsUsers = counts;
    }
  }

  private synchronized void refused(TritonException failure) {
    if (isSilence(failure)) {
      suspended = true;
      suspendedNanos = nanoClock.getAsLong();
    } else {
      tried = true; // the server sees another /dev/shm or has no such extension
    }
  }

  private synchronized void sweepLater() {
    if (!sweeping && !closed) {
      sweeping = true;
      var unused = worker.schedule(() -> sweep(IDLE), SWEEP.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Gives up the regions that are lost, or idle for so long. What the server does not let go is
   * tried again.
   */
  void sweep(Duration idleFor) {
    List<SharedRegion> stale;
    int begun;
    synchronized (this) {
      sweeping = false;
      stale = takeStale(idleFor);
      begun = epoch;
    }
    for (int next = 0; next < stale.size(); next++) {
      if (!unregister(stale.get(next), begun)) {
        keepLost(stale.subList(next + 1, stale.size()), begun);
        break;
      }
    }
    synchronized (this) {
      if (!idle.isEmpty() || countsUsers && !lost.isEmpty()) {
        sweepLater();
      }
    }
  }

  private List<SharedRegion> takeStale(Duration idleFor) {
    long now = nanoClock.getAsLong();
    List<SharedRegion> stale = new ArrayList<>();
    while (!idle.isEmpty() && now - idle.peekLast().sinceNanos() >= idleFor.toNanos()) {
      stale.add(idle.removeLast().region());
    }
    if (countsUsers) {
      stale.addAll(lost);
      lost.clear();
    }
    return stale;
  }

  /** Whether the server answered; a region that it does not let go is lost. */
  private boolean unregister(SharedRegion region, int begun) {
    try {
      server.unregister(region, FAREWELL_CALL);
    } catch (TritonException e) {
      keepLost(List.of(region), begun);
      return !isSilence(e);
    }
    release(region.byteSize(), begun);
    return true;
  }

  private static boolean isSilence(TritonException failure) {
    return failure.isTransient()
        || failure.code() == Status.Code.DEADLINE_EXCEEDED
        || failure.code() == Status.Code.CANCELLED;
  }

  private synchronized void keepLost(List<SharedRegion> regions, int begun) {
    if (begun == epoch) {
      lost.addAll(regions);
    }
  }

  private synchronized void release(int size, int begun) {
    if (begun == epoch) {
      bytesInUse -= size;
    }
  }

  private static void unlink(@Nullable SharedRegion region) {
    try {
      if (region != null) {
        region.unlink();
      }
    } catch (IOException e) {
      // The name stays until reboot: it costs the memory of one region, no more.
    }
  }

  /** Powers of two, so that regions serve requests of about their size. */
  private static int sizeClass(long bytes) {
    int least = (int) Math.max(SMALLEST, bytes);
    int highest = Integer.highestOneBit(least);
    return highest == least || highest == 1 << 30 ? least : highest << 1;
  }
}
