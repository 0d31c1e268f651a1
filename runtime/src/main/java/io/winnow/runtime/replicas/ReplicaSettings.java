package io.winnow.runtime.replicas;

import java.time.Duration;

/**
 * How replicas are watched.
 *
 * @param probeInterval between two questions whether a replica is ready
 * @param refreshInterval between two looks at which replicas there are
 * @param ejection how long a replica that lost work gets no new one; doubles with every loss in a
 *     row
 * @param maxEjection bound on it
 * @param maxReplays times that one generation is taken up by another replica, at least 0
 * @param stalledAfter a generation that decodes and hears nothing of a token that is due for so
 *     long is taken for lost, though its replica is ready; one that was lost and finds the others
 *     full waits for room for so long
 * @param unreachableAfter a generation that its replica owes anything, be it a slot, is taken for
 *     lost when it has heard nothing for so long and the replica has not been ready either
 */
public record ReplicaSettings(
    Duration probeInterval,
    Duration refreshInterval,
    Duration ejection,
    Duration maxEjection,
    int maxReplays,
    Duration stalledAfter,
    Duration unreachableAfter) {

  public ReplicaSettings {
    requirePositive(probeInterval, "probeInterval");
    requirePositive(refreshInterval, "refreshInterval");
    requirePositive(ejection, "ejection");
    requirePositive(maxEjection, "maxEjection");
    requirePositive(stalledAfter, "stalledAfter");
    requirePositive(unreachableAfter, "unreachableAfter");
    if (maxReplays < 0) {
      throw new IllegalArgumentException("maxReplays is " + maxReplays + ", must be at least 0");
    }
  }

  /** Made for replicas in a data centre. */
  public static ReplicaSettings defaults() {
    return new ReplicaSettings(
        Duration.ofSeconds(1),
        Duration.ofSeconds(10),
        Duration.ofSeconds(1),
        Duration.ofSeconds(30),
        3,
        Duration.ofMinutes(2),
        Duration.ofSeconds(10));
  }

  public ReplicaSettings withRefreshInterval(Duration interval) {
    return new ReplicaSettings(
        probeInterval, interval, ejection, maxEjection, maxReplays, stalledAfter, unreachableAfter);
  }

  public ReplicaSettings withMaxReplays(int replays) {
    return new ReplicaSettings(
        probeInterval,
        refreshInterval,
        ejection,
        maxEjection,
        replays,
        stalledAfter,
        unreachableAfter);
  }

  public ReplicaSettings withStalledAfter(Duration silence) {
    return new ReplicaSettings(
        probeInterval,
        refreshInterval,
        ejection,
        maxEjection,
        maxReplays,
        silence,
        unreachableAfter);
  }

  private static void requirePositive(Duration duration, String name) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(name + " is " + duration + ", must be positive");
    }
  }
}
