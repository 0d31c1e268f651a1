package io.winnow.pruner.planning;

/**
 * What to do with the visual tokens of a generation. Every plan keeps all of them so far.
 *
 * @param method the method in force
 * @param reason why this method, in words for the caller
 * @param flopsRatio expected remaining share of the decoder prefill's MACs, in (0, 1]
 */
public record PrunePlan(String method, String reason, double flopsRatio) {}
