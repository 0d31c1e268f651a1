package io.winnow.decoder.access;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Who may ask and how much at a time. */
@ConfigMapping(prefix = "winnow.access")
public interface AccessConfig {

  /** API keys, one {@code key[ = name]} a line; without it everybody may ask. */
  Optional<Path> keyFile();

  /** How often the key file is looked at. */
  @WithDefault("5s")
  Duration keyFileReload();

  /** Answers under way in all. */
  @WithDefault("64")
  int maxConcurrent();

  /** Answers under way of one API key. */
  @WithDefault("16")
  int maxConcurrentPerKey();

  /** Calls in line of one API key. */
  @WithDefault("256")
  int maxWaitingPerKey();

  /** Longest time in line. */
  @WithDefault("30s")
  Duration maxWait();
}
