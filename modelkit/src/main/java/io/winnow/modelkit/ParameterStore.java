package io.winnow.modelkit;

import java.io.IOException;

/** Takes the parameters of a graph that are too large to stand in it. */
interface ParameterStore {

  /** Takes none: for graphs that are built to see whether they can be. */
  ParameterStore NONE =
      new ParameterStore() {
        @Override
        public String fileName() {
          return "none";
        }

        @Override
        public Place append(Parameter parameter) {
          return new Place(0, 0);
        }
      };

  /** The file beside the graph that holds them. */
  String fileName();

  /** Appends a parameter and says where it stands. */
  Place append(Parameter parameter) throws IOException;

  /** A run of bytes in the file. */
  record Place(long offset, long length) {}
}
