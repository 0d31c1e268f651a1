package io.winnow.runtime.replicas;

import io.winnow.runtime.RuntimeFailure;
import io.winnow.runtime.RuntimeFailure.Kind;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Which replicas a generation was on, why it is there no more, and who is next. Not thread-safe.
 */
final class Tries {

  private final int maxReplays;
  private final Set<String> avoided = new HashSet<>(); // they refused or lost it just now
  private Optional<RuntimeFailure> cause = Optional.empty(); // why there was no better one
  private OptionalLong waitsSinceNanos = OptionalLong.empty(); // for room
  private boolean accepted;
  private int replays;

  Tries(int maxReplays) {
    this.maxReplays = maxReplays;
  }

  /** A replica has taken it: from now on it is not refused for want of room, but waits for it. */
  void accepted() {
    accepted = true;
    waitsSinceNanos = OptionalLong.empty();
  }

  /**
   * A replica has ended it.
   *
   * @param begun whether it had begun there: the next one replays it
   * @param names of all replicas
   */
  void ended(String name, RuntimeFailure failure, boolean begun, Collection<String> names) {
    if (begun) {
      replays++;
      avoided.clear();
      cause = Optional.empty();
    }
    avoided.add(name);
    if (cause.isEmpty() || failure.kind() == Kind.RESOURCE_EXHAUSTED) {
      cause = Optional.of(failure);
    }
    if (!waits() && !lacksRoom() && avoided.containsAll(names) && replays < maxReplays) {
      // Some may be back since they were tried; another round is a replay, too.
      replays++;
      avoided.retainAll(Set.of(name));
    }
  }

  /** Names that are not asked now. */
  Set<String> avoided() {
    return Set.copyOf(avoided);
  }

  int replays() {
    return replays;
  }

  boolean exhausted() {
    return replays > maxReplays;
  }

  /** Why nobody could take it. */
  Optional<RuntimeFailure> cause() {
    return cause;
  }

  /** Whether nobody took it for want of room only, and it has a right to wait for some. */
  boolean mayWait() {
    return accepted && (waits() || lacksRoom());
  }

  boolean lacksRoom() {
    return cause.filter(last -> last.kind() == Kind.RESOURCE_EXHAUSTED).isPresent();
  }

  boolean waits() {
    return waitsSinceNanos.isPresent();
  }

  /** It waits for room, if it does not already. */
  void waits(long nowNanos) {
    if (!waits()) {
      waitsSinceNanos = OptionalLong.of(nowNanos);
    }
  }

  /** How long it has waited. */
  long waitedNanos(long nowNanos) {
    return waitsSinceNanos.isPresent() ? nowNanos - waitsSinceNanos.getAsLong() : 0;
  }

  /** Everybody may be asked again. */
  void again() {
    avoided.clear();
  }
}
