package io.winnow.decoder;

import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** The build's own property, which the service itself would refuse. */
@ConfigMapping(prefix = "winnow")
public interface TestProperties {

  /** The repository's root. */
  Optional<String> root();
}
