package io.winnow.runtime.embedded;

import java.util.List;

/**
 * The pools and how full they are. The engine thread seats and frees; any thread may read the
 * numbers.
 */
final class Occupancy {

  private final List<KvPool> pools; // by capacity, ascending
  private volatile Seats seats = new Seats(0, 0);

  Occupancy(List<KvPool> pools) {
    this.pools = List.copyOf(pools);
  }

  /** For the engine thread only. */
  List<KvPool> pools() {
    return pools;
  }

  Seats seats() {
    return seats;
  }

  void seated(KvPool pool) {
    seats = new Seats(seats.taken() + 1, seats.kvBytes() + pool.slotBytes());
  }

  void left(KvPool pool) {
    seats = new Seats(seats.taken() - 1, seats.kvBytes() - pool.slotBytes());
  }

  /**
   * Slots in use.
   *
   * @param taken number of them
   * @param kvBytes that they reserve
   */
  record Seats(int taken, long kvBytes) {}
}
