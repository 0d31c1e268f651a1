package io.winnow.decoder.fetch;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Whether and how pictures are fetched by URL. */
@ConfigMapping(prefix = "winnow.fetch")
public interface FetchConfig {

  /** Whether http and https URLs are fetched at all. */
  @WithDefault("false")
  boolean enabled();

  /** Hosts that may be asked: {@code example.org}, or {@code *.example.org} for those below it. */
  Optional<List<String>> allowedHosts();

  /** Ports that may be asked. */
  @WithDefault("80,443")
  List<Integer> ports();

  /** Redirects followed for one picture, each checked like the first address. */
  @WithDefault("3")
  int maxRedirects();

  /** Pictures fetched for one request. */
  @WithDefault("8")
  int maxPictures();

  /** Largest picture file. */
  @WithDefault("16M")
  MemorySize maxPictureSize();

  /** Time for all pictures of one request. */
  @WithDefault("10s")
  Duration timeout();
}
