package io.winnow.pruner.planning;

/** How a layer that drops a part of a picture's tokens ranks them. */
public enum Ranking {
  /** Nothing is ranked: tokens are dropped before the decoder, or all at once, or not at all. */
  NONE,
  /** FitPrune: head-max attention, self x cross. */
  FITPRUNE,
  /** FastV: head-mean attention of the last prompt token. */
  FASTV,
  /** The plan's scores. */
  GIVEN
}
