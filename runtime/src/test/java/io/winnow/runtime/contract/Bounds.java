package io.winnow.runtime.contract;

/**
 * Bounds of the runtime that a contract test asks for.
 *
 * @param slots generations of any length that run at once
 * @param maxQueued generations that may wait beyond them
 */
public record Bounds(int slots, int maxQueued) {}
