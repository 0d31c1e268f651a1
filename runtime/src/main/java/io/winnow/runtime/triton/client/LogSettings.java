package io.winnow.runtime.triton.client;

import org.jspecify.annotations.Nullable;

/**
 * A server's log settings. Read, they are those in force; sent, null leaves a setting as it is.
 *
 * @param info whether lines of level info are written
 * @param warning whether lines of level warning are written
 * @param error whether lines of level error are written
 * @param verboseLevel 0 and up
 * @param format "default" or "ISO8601"
 * @param file where the log goes; empty: standard error. Triton refuses to change it
 */
public record LogSettings(
    @Nullable Boolean info,
    @Nullable Boolean warning,
    @Nullable Boolean error,
    @Nullable Integer verboseLevel,
    @Nullable String format,
    @Nullable String file) {

  /** Changes nothing. */
  public static LogSettings unchanged() {
    return new LogSettings(null, null, null, null, null, null);
  }

  /** Changes the verbose level, which is what one mostly wants. */
  public static LogSettings verbose(int level) {
    return new LogSettings(null, null, null, level, null, null);
  }
}
