package io.winnow.tracing;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Settings of traces, beside those of the exporter ({@code quarkus.otel}). */
@ConfigMapping(prefix = "winnow.traces")
public interface TracesConfig {

  /**
   * Most bytes of recent traces that are kept in memory and served at {@code /winnow/traces}; 0
   * keeps and serves none.
   */
  @WithDefault("0")
  MemorySize storeBytes();

  /** Whether the text of prompts becomes part of traces. Pictures never do. */
  @WithDefault("false")
  boolean content();
}
