package io.winnow.encoder.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;

/** Settings of the process. A key under {@code winnow} that is not here fails the start. */
@ConfigMapping(prefix = "winnow")
public interface EncoderConfig {

  /** Model repository; every model in it is served. */
  Path models();

  /** Settings of the encoder. */
  Encoder encoder();

  /** Settings under {@code winnow.encoder}. */
  interface Encoder {

    /** Largest picture file. */
    @WithDefault("16M")
    MemorySize maxPictureBytes();

    /** Most pixels of a picture, width times height; decoding takes up to 14 bytes for each. */
    @WithDefault("40000000")
    long maxPicturePixels();

    /** Picture files held at a time, uploading or queued, of all streams together. */
    @WithDefault("256M")
    MemorySize maxUploadBytes();

    /** Threads that read and encode pictures. */
    @WithDefault("2")
    int workers();

    /** Threads that share one run of a vision tower; all processors if it is not given. */
    OptionalInt intraOpThreads();

    /** Pictures that wait for a worker. */
    @WithDefault("64")
    int maxQueued();

    /** Encodings kept for pictures that come again; 0 for none. They are held outside the heap. */
    @WithDefault("256M")
    MemorySize cacheBytes();

    /** Open streams above which a further one is refused. At least 1. */
    @WithDefault("256")
    int maxStreams();

    /** A stream on which nothing was heard, or nothing was read, for so long is ended. */
    @WithDefault("1m")
    Duration idleTimeout();

    /** How long open streams may go on once the service stops. */
    @WithDefault("20s")
    Duration drainTimeout();
  }
}
