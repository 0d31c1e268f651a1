package io.winnow.runtime.triton.client;

/**
 * How a stream is opened.
 *
 * @param call deadline from opening to end, and headers
 * @param initialCredit messages that are delivered before {@link InferStream#request} is called;
 *     {@link #UNLIMITED} for all, else at least 0
 * @param model model name for error messages; may be empty
 */
public record StreamSettings(CallSettings call, int initialCredit, String model) {

  /** Credit that never ends: only for responses that are known to be few or small. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  public StreamSettings {
    if (initialCredit < 0) {
      throw new IllegalArgumentException("initial credit " + initialCredit + " is negative");
    }
  }
}
