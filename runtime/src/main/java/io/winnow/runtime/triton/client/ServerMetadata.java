package io.winnow.runtime.triton.client;

import java.util.List;

/**
 * What a server is.
 *
 * @param name "triton" for Triton
 * @param version for example "2.51.0"
 * @param extensions names of the protocol's extensions that it has, for example
 *     "system_shared_memory"
 */
public record ServerMetadata(String name, String version, List<String> extensions) {

  public ServerMetadata {
    extensions = List.copyOf(extensions);
  }
}
