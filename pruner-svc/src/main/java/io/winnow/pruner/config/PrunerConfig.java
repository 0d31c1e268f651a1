package io.winnow.pruner.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the pruner. A key under {@code winnow.pruner} that is not here fails the start. */
@ConfigMapping(prefix = "winnow.pruner")
public interface PrunerConfig {

  /** Open streams, that is live generations, above which a further one is refused. At least 1. */
  @WithDefault("4096")
  int maxStreams();

  /** A stream on which nothing was heard for so long is ended. Longer than any generation takes. */
  @WithDefault("10m")
  Duration idleTimeout();

  /** How long open streams may go on once the service stops. */
  @WithDefault("20s")
  Duration drainTimeout();
}
