package io.winnow.pruner.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

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

  Recipes recipes();

  Auto auto();

  Gates gates();

  Calibration calibration();

  /** How recipes are found, see {@code Pruner.Calibrate}. */
  interface Calibration {

    /** Calibrations under way; more are refused. 0 switches them off. */
    @WithDefault("2")
    int maxStreams();
  }

  /** Exit gates, see the method {@code dyvte}. */
  interface Gates {

    /**
     * Model repository whose models' gates are loaded at the start; without it no model has any.
     */
    Optional<Path> repository();

    /** Threads that compute gates, one for each gate at a time. */
    @WithDefault("2")
    int threads();
  }

  /** Where recipes are. */
  interface Recipes {

    /**
     * Folder of the recipes, one JSON file each; it need not exist yet. Without it there are none.
     */
    Optional<Path> folder();

    /** How often the folder is looked at. */
    @WithDefault("2s")
    Duration reload();
  }

  /** When the method {@code auto} prunes. */
  interface Auto {

    /** Least accuracy that a recipe must leave, relative to no pruning, in [0, 1]. */
    @WithDefault("0.98")
    double minAccuracy();

    /** Least share of the prefill that must be saved, in [0, 1). */
    @WithDefault("0.1")
    double minSaving();

    /** Least time that must be saved. */
    @WithDefault("1ms")
    Duration minSavedTime();

    /** The keep_ratio that pictures of low detail stand for, in (0, 1]. */
    @WithDefault("0.25")
    double lowDetailKeepRatio();
  }
}
