package io.winnow.decoder.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Settings of the process. A key under {@code winnow} that is nowhere fails the start. */
@ConfigMapping(prefix = "winnow")
public interface DecoderConfig {

  /** Model repository; every model in it is served. */
  Path models();

  /** Where vision-encoder-svc is. */
  Encoder encoder();

  /** Where pruner-svc is. */
  Pruner pruner();

  /** Settings of this service. */
  Decoder decoder();

  /** Settings under {@code winnow.encoder}. */
  interface Encoder {

    /** HOST:PORT[,HOST:PORT], names looked up again and again; or a gRPC target. */
    @WithDefault("127.0.0.1:7101")
    String target();

    /** The SPIFFE identity that its certificate must have; with {@code winnow.mesh.tls}. */
    Optional<String> identity();
  }

  /** Settings under {@code winnow.pruner}. */
  interface Pruner {

    /** HOST:PORT[,HOST:PORT], names looked up again and again; or a gRPC target. */
    @WithDefault("127.0.0.1:7102")
    String target();

    /** The SPIFFE identity that its certificate must have; with {@code winnow.mesh.tls}. */
    Optional<String> identity();
  }

  /** Settings under {@code winnow.decoder}. */
  interface Decoder {

    /** Model for requests that name none; the first by name if it is not given. */
    Optional<String> defaultModel();

    /** Answers under way, waiting ones included; more are refused. */
    @WithDefault("128")
    int maxAnswers();

    /** Pictures of one conversation. */
    @WithDefault("8")
    int maxPictures();

    /** Largest picture file. */
    @WithDefault("16M")
    MemorySize maxPictureBytes();

    /** Picture files of all answers under way together. */
    @WithDefault("256M")
    MemorySize maxPicturesBytes();

    /** Deadline of an answer by gRPC whose client sets none, and the longest it may set. */
    @WithDefault("5m")
    Duration answerTimeout();

    /** How long to wait for the pruner before every visual token is kept. */
    @WithDefault("2s")
    Duration planTimeout();

    /** How long a blocking prefill waits for each verdict before it keeps the visual tokens. */
    @WithDefault("1s")
    Duration verdictTimeout();

    /** How long an answer may wait for its reader. */
    @WithDefault("30s")
    Duration stalledReaderTimeout();

    /** How long answers under way may go on once the service stops. */
    @WithDefault("25s")
    Duration drainTimeout();

    /** Generations of one capacity class that run together. */
    @WithDefault("8")
    int slots();

    /**
     * Tokens that a slot of each class holds, ascending; a quarter of the context and all of it.
     */
    Optional<List<Integer>> slotCapacities();

    /** Bound on the KV caches of a model; they are outside the heap. */
    @WithDefault("1G")
    MemorySize kvBytes();

    /** Threads that share one run of a segment; all processors if it is not given. */
    OptionalInt intraOpThreads();

    /** Calibration, see {@code Decoder.CollectStatistics}. */
    Calibration calibration();
  }

  /** Settings under {@code winnow.decoder.calibration}. */
  interface Calibration {

    /** Calibrations under way; more are refused. 0 switches them off. */
    @WithDefault("1")
    int maxStreams();

    /** Prompts that one calibration may prepare. */
    @WithDefault("1024")
    int maxPrompts();

    /** Visual tokens that one calibration keeps; they are outside the heap. */
    @WithDefault("512M")
    MemorySize maxBytes();

    /** The longest calibration. */
    @WithDefault("2h")
    Duration timeout();

    /** How long its client may be silent. */
    @WithDefault("2m")
    Duration idleTimeout();
  }
}
