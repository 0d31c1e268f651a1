package io.winnow.pruner.planning;

/**
 * How the prefill of a planned generation went.
 *
 * @param entered visual tokens that entered each layer // [layers]
 * @param prefillMicros wall time, above 0
 * @param firstTokenMicros from request to first token; 0 if unknown
 */
public record PrefillOutcome(int[] entered, double prefillMicros, double firstTokenMicros) {}
