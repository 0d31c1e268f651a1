package io.winnow.runtime;

/**
 * Handle of a generation that was started. Thread-safe; every call after the terminal event has no
 * effect.
 */
public interface Generation extends AutoCloseable {

  /**
   * Answers an observed segment end. Takes effect at the next segment that has not started; with a
   * blocking plan the prefill goes on only after it.
   *
   * @param segment number of the segment whose end was observed
   * @param exit withdraw all visual tokens from the next segment on
   */
  void resume(int segment, boolean exit);

  /**
   * Grants credit for further tokens. A generation begins with none: without credit it keeps its
   * slot and waits, so a slow reader costs a slot but never memory.
   *
   * @param tokens at least 1; credits add up
   */
  void decode(int tokens);

  /**
   * Ends the generation and frees its slot; a running prefill is stopped. If no terminal event was
   * delivered before, {@link RuntimeFailure.Kind#CANCELLED} is.
   */
  @Override
  void close();
}
