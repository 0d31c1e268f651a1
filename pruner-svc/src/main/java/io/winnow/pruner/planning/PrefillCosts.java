package io.winnow.pruner.planning;

/** What prefills cost in this deployment, by model. Safe for concurrent use. */
public interface PrefillCosts {

  /** What is known of a model now. */
  PrefillForecast forecast(String model);

  /** Takes in what a prefill took. */
  void learn(String model, MeasuredPrefill measured);

  /** Knows nothing and learns nothing: for where nothing is measured. */
  static PrefillCosts unmeasured() {
    return new PrefillCosts() {
      @Override
      public PrefillForecast forecast(String model) {
        return PrefillForecast.unknown(0, 1);
      }

      @Override
      public void learn(String model, MeasuredPrefill measured) {}
    };
  }

  /**
   * A prefill that has run.
   *
   * @param work what it computed
   * @param unpruned whether there were visual tokens and every layer saw all of them
   * @param prefillMicros its wall time, above 0
   * @param firstTokenMicros from request to first token; 0 if unknown
   */
  record MeasuredPrefill(
      PrefillWork work, boolean unpruned, double prefillMicros, double firstTokenMicros) {

    /** Microseconds a MAC. */
    public double rate() {
      return prefillMicros / work.total();
    }
  }
}
