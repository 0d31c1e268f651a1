package io.winnow.runtime.triton.client;

import io.grpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Registered regions of one server, borrowed by one call at a time. A region whose call was not
 * answered is never used or unregistered again: the server may still read or write it. It stays
 * registered until a later client finds that this process is gone. Thread-safe.
 */
final class RegionPool {

  private static final int SMALLEST = 1 << 16;
  private static final Duration REGISTRATION = Duration.ofSeconds(2);

  /** After a server did not answer a registration, calls do not wait for another one so long. */
  private static final long SUSPENSION_NANOS = Duration.ofSeconds(5).toNanos();

  private static final CallSettings FAREWELL = CallSettings.within(Duration.ofSeconds(1));

  private final SharedMemorySettings settings;
  private final SharedMemoryControl control;
  private final boolean sameHost;

  /** Idle regions by size. */
  private final TreeMap<Integer, Deque<SharedRegion>> idle = new TreeMap<>();

  /** Goes up when the server lost its registrations: regions from before are worth nothing. */
  private int epoch;

  private long bytesInUse;
  private boolean usable;
  private boolean tried;
  private boolean suspended;
  private long suspendedNanos;

  RegionPool(SharedMemorySettings settings, SharedMemoryControl control, String address) {
    this.settings = settings;
    this.control = control;
    this.sameHost = LocalAddress.isLocal(address) && SharedRegion.supported();
  }

  /** A region in the hands of one call. */
  record Borrowed(SharedRegion region, int epoch) {}

  /** Whether so many bytes should go through shared memory. */
  boolean pays(long bytes) {
    return sameHost && bytes > settings.thresholdBytes() && bytes <= settings.limitBytes();
  }

  /**
   * A region of at least so many bytes. May wait for a call to the server, briefly.
   *
   * @param remaining time that the borrower has
   * @return null where there is none to be had
   */
  synchronized @Nullable Borrowed borrow(long bytes, Duration remaining) {
    if (!pays(bytes) || tried && !usable) {
      return null;
    }
    int size = sizeClass(bytes);
    Deque<SharedRegion> fitting = idle.get(size);
    if (fitting != null && !fitting.isEmpty()) {
      return new Borrowed(fitting.pop(), epoch);
    }
    if (isSuspended() || remaining.isNegative() || remaining.isZero()) {
      return null;
    }
    Duration patience = remaining.compareTo(REGISTRATION) < 0 ? remaining : REGISTRATION;
    if (bytesInUse + size > settings.limitBytes() && !discardIdle(size)) {
      return null;
    }
    SharedRegion created = register(size, CallSettings.within(patience));
    return created == null ? null : new Borrowed(created, epoch);
  }

  /** The call was answered: the region serves another. */
  synchronized void giveBack(Borrowed borrowed) {
    if (borrowed.epoch() == epoch) {
      SharedRegion region = borrowed.region();
      idle.computeIfAbsent(region.byteSize(), size -> new ArrayDeque<>()).push(region);
    }
  }

  /** The server does not know a region that it knew: it began anew, so that all are lost. */
  synchronized void forget(Borrowed lost) {
    if (lost.epoch() == epoch) {
      epoch++;
      idle.clear();
      bytesInUse = 0;
      tried = false;
    }
  }

  /** Unregisters what no call holds. Idempotent; waits a second at most. */
  synchronized void close() {
    tried = true;
    usable = false;
    List<SharedRegion> all = new ArrayList<>();
    idle.values().forEach(all::addAll);
    idle.clear();
    for (SharedRegion region : all) {
      if (!unregistered(region)) {
        return; // the server is gone, and its registrations with it
      }
    }
  }

  private boolean isSuspended() {
    suspended = suspended && System.nanoTime() - suspendedNanos < SUSPENSION_NANOS;
    return suspended;
  }

  private @Nullable SharedRegion register(int size, CallSettings call) {
    SharedRegion region;
    try {
      region = SharedRegion.create(size);
    } catch (IOException e) {
      return null; // no memory left: the message carries the tensors
    }
    try {
      if (!tried) {
        unregisterAbandoned(call);
      }
      control.register(region.description(), call);
      usable = true;
      bytesInUse += size;
      return region;
    } catch (TritonException e) {
      boolean silent =
          e.isTransient()
              || e.code() == Status.Code.DEADLINE_EXCEEDED
              || e.code() == Status.Code.CANCELLED;
      if (silent) {
        suspended = true;
        suspendedNanos = System.nanoTime();
      } else {
        tried = true; // the server sees another /dev/shm or has no such extension
      }
      return null;
    } finally {
      tried = tried || usable;
      unlink(region);
    }
  }

  /** Regions of processes that died before they could unregister them. */
  private void unregisterAbandoned(CallSettings call) {
    for (SharedMemoryControl.SystemRegion region : control.systemRegions(call)) {
      if (RegionName.isAbandoned(region.name())) {
        control.unregisterSystem(region.name(), call);
      }
    }
  }

  /** Makes room for a region by giving up idle ones of other sizes. */
  private boolean discardIdle(int wanted) {
    for (Map.Entry<Integer, Deque<SharedRegion>> entry : idle.entrySet()) {
      while (bytesInUse + wanted > settings.limitBytes() && !entry.getValue().isEmpty()) {
        if (!unregistered(entry.getValue().pop())) {
          return false;
        }
        bytesInUse -= entry.getKey();
      }
    }
    return bytesInUse + wanted <= settings.limitBytes();
  }

  private boolean unregistered(SharedRegion region) {
    try {
      control.unregisterSystem(region.name(), FAREWELL);
      return true;
    } catch (TritonException e) {
      return false;
    }
  }

  private static void unlink(SharedRegion region) {
    try {
      region.unlink();
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
