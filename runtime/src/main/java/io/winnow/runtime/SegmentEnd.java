package io.winnow.runtime;

/**
 * Signals at the end of a prefill segment.
 *
 * @param segment its number, from 0
 * @param visualTokens visual tokens still alive
 * @param importance ranking score of each of them in the segment's last layer // [visualTokens];
 *     empty if the plan does not want it
 * @param textStatus mean of the text rows after the pictures without the last row, then the last
 *     row // [2 * hidden]
 */
public record SegmentEnd(int segment, int visualTokens, float[] importance, float[] textStatus) {}
