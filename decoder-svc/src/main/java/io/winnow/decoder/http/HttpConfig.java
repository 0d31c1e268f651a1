package io.winnow.decoder.http;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Limits of the OpenAI-compatible API. */
@ConfigMapping(prefix = "winnow.http")
public interface HttpConfig {

  /** Largest request body; quarkus.http.limits.max-body-size must not be below it. */
  @WithDefault("32M")
  MemorySize maxBodySize();

  /** Bytes of request bodies and fetched pictures held at a time, of all requests together. */
  @WithDefault("256M")
  MemorySize maxBufferedSize();

  /** Longest time from a request's head to the end of its body. */
  @WithDefault("30s")
  Duration bodyTimeout();

  /** Threads that parse bodies and start answers. */
  @WithDefault("4")
  int workers();

  /** Bodies and answers waiting for one of them. */
  @WithDefault("1024")
  int workerQueue();

  /** Deadline of an answer, from its start; the time in line comes before. */
  @WithDefault("5m")
  Duration answerTimeout();

  /** How long a client may take nothing of its answer before the connection is closed. */
  @WithDefault("30s")
  Duration stallTimeout();
}
