package io.winnow.runtime.mesh;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where a service's own certificate and the ones it trusts are, all PEM. The files may change at
 * any time: they are looked at again and again.
 *
 * @param certificate the service's chain, its own certificate first
 * @param key its private key, PKCS #8, not encrypted
 * @param trust certificates of the authorities that peers are checked against
 * @param reload how often the files are looked at, at least a second
 */
public record TlsFiles(Path certificate, Path key, Path trust, Duration reload) {

  /** Certificates live for hours, so a minute is soon enough. */
  public static final Duration DEFAULT_RELOAD = Duration.ofMinutes(1);

  /** Less is a load on the disk for nothing. */
  static final Duration LEAST_RELOAD = Duration.ofSeconds(1);

  public TlsFiles {
    requireNonNull(certificate, "certificate is null");
    requireNonNull(key, "key is null");
    requireNonNull(trust, "trust is null");
    if (reload.compareTo(LEAST_RELOAD) < 0) {
      throw new IllegalArgumentException("reload is " + reload + ", at least " + LEAST_RELOAD);
    }
  }
}
