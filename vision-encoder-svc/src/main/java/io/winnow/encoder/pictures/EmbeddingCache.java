package io.winnow.encoder.pictures;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The encodings used last, as many as fit into so many bytes. Not safe for concurrent use. */
final class EmbeddingCache {

  private final long maxBytes;
  private final Map<PictureKey, PictureTokens> byLastUse = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;

  /**
   * Makes an empty cache.
   *
   * @param maxBytes at least 0, which means that nothing is kept
   */
  EmbeddingCache(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  Optional<PictureTokens> get(PictureKey key) {
    return Optional.ofNullable(byLastUse.get(key));
  }

  /**
   * Keeps the tokens, unless they alone are above the bound, in place of those used longest ago.
   */
  void put(PictureKey key, PictureTokens tokens) {
    if (tokens.bytes() > maxBytes) {
      return;
    }
    PictureTokens replaced = byLastUse.put(key, tokens);
    bytes += tokens.bytes() - (replaced == null ? 0 : replaced.bytes());
    Iterator<PictureTokens> eldest = byLastUse.values().iterator();
    while (bytes > maxBytes) {
      bytes -= eldest.next().bytes();
      eldest.remove();
    }
  }

  void clear() {
    byLastUse.clear();
    bytes = 0;
  }

  long bytes() {
    return bytes;
  }
}
