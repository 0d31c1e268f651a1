package io.winnow.encoder.config;

import io.smallrye.config.ConfigMapping;
import io.winnow.runtime.triton.TritonFleetSettings;

/** Where the models run, if not in this process. */
@ConfigMapping(prefix = "winnow.triton")
public interface TritonConfig extends TritonFleetSettings {}
