package io.winnow.runtime.triton.client;

import org.jspecify.annotations.Nullable;

/**
 * An output that a request asks for.
 *
 * @param name tensor name
 * @param sizeLimit bytes that the output does not exceed, which lets the client take it through
 *     shared memory where that pays; 0 where it is not known
 * @param place where in registered shared memory the server shall write it; null: it comes in the
 *     response. Its type and sizes are not looked at
 * @param classes more than 0: the best so many entries as BYTES "value:index", instead of the
 *     values
 */
public record RequestedOutput(
    String name, long sizeLimit, @Nullable SharedTensor place, int classes) {

  public RequestedOutput {
    if (name.isEmpty() || sizeLimit < 0 || classes < 0) {
      throw new IllegalArgumentException(
          "output \"" + name + "\", at most " + sizeLimit + " bytes, " + classes + " classes");
    }
  }

  /** An output that comes in the response. */
  public static RequestedOutput of(String name) {
    return new RequestedOutput(name, 0, null, 0);
  }
}
