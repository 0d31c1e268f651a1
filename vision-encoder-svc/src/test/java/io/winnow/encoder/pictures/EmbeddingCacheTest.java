package io.winnow.encoder.pictures;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.runtime.EncodedPicture;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

class EmbeddingCacheTest {

  private static final PictureTokens FOUR_TOKENS = tokens(4);
  private static final long BYTES = FOUR_TOKENS.bytes();

  @Test
  void countsTokensAndSaliency() {
    assertThat(BYTES).isEqualTo(4 * (4 * 3 + 4));
  }

  @Test
  void forgetsWhatWasUsedLongestAgo() {
    EmbeddingCache cache = new EmbeddingCache(2 * BYTES);
    cache.put(key("a"), FOUR_TOKENS);
    cache.put(key("b"), FOUR_TOKENS);
    cache.get(key("a"));

    cache.put(key("c"), FOUR_TOKENS);

    assertThat(cache.get(key("a"))).isPresent();
    assertThat(cache.get(key("b"))).isEmpty();
    assertThat(cache.get(key("c"))).isPresent();
    assertThat(cache.bytes()).isEqualTo(2 * BYTES);
  }

  @Test
  void forgetsAsManyAsALargeOneNeeds() {
    EmbeddingCache cache = new EmbeddingCache(3 * BYTES);
    cache.put(key("a"), FOUR_TOKENS);
    cache.put(key("b"), FOUR_TOKENS);
    cache.put(key("c"), FOUR_TOKENS);

    cache.put(key("d"), tokens(8));

    assertThat(cache.get(key("a"))).isEmpty();
    assertThat(cache.get(key("b"))).isEmpty();
    assertThat(cache.get(key("c"))).isPresent();
    assertThat(cache.bytes()).isEqualTo(3 * BYTES);
  }

  @Test
  void doesNotKeepWhatAloneIsTooLarge() {
    EmbeddingCache cache = new EmbeddingCache(2 * BYTES);
    cache.put(key("a"), FOUR_TOKENS);

    cache.put(key("b"), tokens(12));

    assertThat(cache.get(key("a"))).isPresent();
    assertThat(cache.get(key("b"))).isEmpty();
  }

  @Test
  void countsAReplacementOnce() {
    EmbeddingCache cache = new EmbeddingCache(2 * BYTES);
    cache.put(key("a"), FOUR_TOKENS);
    cache.put(key("a"), FOUR_TOKENS);

    assertThat(cache.bytes()).isEqualTo(BYTES);
  }

  @Test
  void tellsModelsApart() {
    EmbeddingCache cache = new EmbeddingCache(2 * BYTES);
    cache.put(new PictureKey("one", "a"), FOUR_TOKENS);

    assertThat(cache.get(new PictureKey("two", "a"))).isEmpty();
  }

  private static PictureKey key(String sha256) {
    return new PictureKey("demo", sha256);
  }

  private static PictureTokens tokens(int count) {
    EncodedPicture encoded =
        new EncodedPicture(FloatBuffer.allocate(count * 3), new float[count], 3);
    return new PictureTokens(encoded, 1, count, 10, 10);
  }
}
