package io.winnow.runtime;

/**
 * Load of a runtime.
 *
 * @param queued generations waiting for a slot
 * @param running generations that hold a slot
 * @param slots all slots
 * @param kvBytesUsed bytes of KV cache that running generations reserve
 * @param kvBytesLimit bound on them
 */
public record RuntimeLoad(
    int queued, int running, int slots, long kvBytesUsed, long kvBytesLimit) {}
