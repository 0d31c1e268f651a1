package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.winnow.runtime.embedded.KvLayout.SlotClass;
import io.winnow.v1.DecoderManifest;
import java.util.List;
import org.junit.jupiter.api.Test;

class KvLayoutTest {

  private static final long TOKEN_BYTES = 2L * 8 * 4 * 32 * Float.BYTES;

  @Test
  void givesEveryClassItsSlotsWithinTheLimit() {
    KvLayout layout = KvLayout.of(decoder(1024), EmbeddedSettings.defaults());

    assertThat(layout.classes())
        .containsExactly(
            new SlotClass(256, 8, 256 * TOKEN_BYTES), new SlotClass(1024, 8, 1024 * TOKEN_BYTES));
    assertThat(layout.slots()).isEqualTo(16);
    assertThat(layout.largestCapacity()).isEqualTo(1024);
  }

  @Test
  void aShortContextHasOneClass() {
    assertThat(KvLayout.of(decoder(511), EmbeddedSettings.defaults()).classes())
        .extracting(SlotClass::capacity)
        .containsExactly(511);
  }

  @Test
  void halfPrecisionTakesHalfTheMemory() {
    DecoderManifest half = decoder(1024).toBuilder().setWeights("fp16").build();

    assertThat(KvLayout.of(half, EmbeddedSettings.defaults()).classes())
        .extracting(SlotClass::slotBytes)
        .containsExactly(256 * TOKEN_BYTES / 2, 1024 * TOKEN_BYTES / 2);
  }

  @Test
  void aTightLimitServesTheLargestClassFirst() {
    EmbeddedSettings tight =
        EmbeddedSettings.defaults().withKvBytesLimit((3 * 1024 + 300) * TOKEN_BYTES);

    assertThat(KvLayout.of(decoder(1024), tight).classes())
        .extracting(SlotClass::slots)
        .containsExactly(1, 3);
  }

  @Test
  void aLongContextGetsShorterSlotsUntilOneFits() {
    EmbeddedSettings tight = EmbeddedSettings.defaults().withKvBytesLimit(3_000 * TOKEN_BYTES);

    KvLayout layout = KvLayout.of(decoder(32_768), tight);

    assertThat(layout.classes())
        .extracting(SlotClass::capacity)
        .containsExactly(2_048, 8_192, 32_768);
    assertThat(layout.classes()).extracting(SlotClass::slots).containsExactly(1, 0, 0);
  }

  @Test
  void aClassThatDoesNotFitTheLimitHasNoSlot() {
    EmbeddedSettings tiny = EmbeddedSettings.defaults().withKvBytesLimit(600 * TOKEN_BYTES);

    KvLayout layout = KvLayout.of(decoder(1024), tiny);

    assertThat(layout.classes()).extracting(SlotClass::slots).containsExactly(2, 0);
    assertThat(layout.largestCapacity()).isEqualTo(256);
  }

  @Test
  void staysBelowTheLimitOfOneBuffer() {
    DecoderManifest large =
        DecoderManifest.newBuilder()
            .setLayers(1)
            .setKvHeads(32)
            .setHeadDim(128)
            .setContextLength(32_768)
            .build();
    EmbeddedSettings settings =
        EmbeddedSettings.defaults().withCapacityClasses(List.of(32_768)).withKvBytesLimit(1L << 40);

    assertThat(KvLayout.of(large, settings).slots()).isEqualTo(3);
  }

  @Test
  void refusesALimitBelowOneSlotAndNamesIt() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> KvLayout.of(decoder(1024), EmbeddedSettings.defaults().withKvBytesLimit(1000)))
        .withMessageContaining("kvBytesLimit");
  }

  private static DecoderManifest decoder(int context) {
    return DecoderManifest.newBuilder()
        .setLayers(8)
        .setKvHeads(4)
        .setHeadDim(32)
        .setContextLength(context)
        .build();
  }
}
