package io.winnow.runtime.picture;

import io.winnow.v1.Preprocessing;

/** Size of a picture after the resize and before the centre crop, in pixels. */
record ResizedSize(long width, long height) {

  static ResizedSize of(Preprocessing preprocessing, int width, int height) {
    long shortest = preprocessing.getShortestEdge();
    if (shortest == 0) {
      return new ResizedSize(preprocessing.getResizeWidth(), preprocessing.getResizeHeight());
    }
    int edge = Math.min(width, height);
    return new ResizedSize(shortest * width / edge, shortest * height / edge);
  }
}
