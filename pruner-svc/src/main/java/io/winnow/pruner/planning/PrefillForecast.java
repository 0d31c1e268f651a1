package io.winnow.pruner.planning;

/** What prefills of one model cost in this deployment. A snapshot: answers do not change. */
public interface PrefillForecast {

  /** Of a model that too little is known of. */
  static PrefillForecast unknown(int measured, int needed) {
    return new PrefillForecast() {
      @Override
      public int measured() {
        return measured;
      }

      @Override
      public int needed() {
        return needed;
      }

      @Override
      public double prefillMicros(PrefillWork work) {
        throw new IllegalStateException(lack());
      }

      @Override
      public double firstTokenMicros(PrefillWork work) {
        throw new IllegalStateException(lack());
      }
    };
  }

  /** How many measured prefills it rests on. */
  int measured();

  /** How many it takes until times are told. */
  int needed();

  /** Whether times are known; until then only {@link #relativeCost} can be asked for. */
  default boolean fitted() {
    return measured() >= needed();
  }

  /**
   * Whether prefills with every visual token were measured lately. Where all are pruned, nobody
   * knows what pruning saves.
   */
  default boolean comparable() {
    return true;
  }

  /** Expected wall time of a prefill, in microseconds; at least 0. Only when fitted. */
  double prefillMicros(PrefillWork work);

  /** Expected time from request to first token, in microseconds. Only when fitted. */
  double firstTokenMicros(PrefillWork work);

  /** Cost of a prefill as a multiple of another's; by counting MACs until times are known. */
  default double relativeCost(PrefillWork work, PrefillWork other) {
    return fitted()
        ? prefillMicros(work) / Math.max(prefillMicros(other), Double.MIN_NORMAL)
        : work.total() / other.total();
  }

  /** Why times are not known, for messages. */
  default String lack() {
    return "only %d of the %d prefills that a forecast takes were measured so far"
        .formatted(measured(), needed());
  }
}
