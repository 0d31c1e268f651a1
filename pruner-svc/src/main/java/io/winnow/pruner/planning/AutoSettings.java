package io.winnow.pruner.planning;

/**
 * When {@code auto} prunes.
 *
 * @param minAccuracy least accuracy that a recipe must leave, relative to no pruning
 * @param minSaving least share of the prefill that must be saved
 * @param minSavedMillis least time that must be saved
 * @param lowDetailKeepRatio the keep_ratio that pictures of low detail stand for
 */
public record AutoSettings(
    double minAccuracy, double minSaving, double minSavedMillis, double lowDetailKeepRatio) {}
