package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class EmbeddedSettingsTest {

  @Test
  void defaultsAreTheDocumentedOnes() {
    assertThat(EmbeddedSettings.defaults())
        .isEqualTo(
            new EmbeddedSettings(
                Runtime.getRuntime().availableProcessors(), 64, 8, List.of(), 1L << 30));
  }

  @Test
  void refusesBadValuesAndNamesThem() {
    EmbeddedSettings good = EmbeddedSettings.defaults();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> good.withIntraOpThreads(0))
        .withMessageContaining("intraOpThreads is 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> good.withMaxQueued(-1))
        .withMessageContaining("maxQueued is -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> good.withSlotsPerClass(0))
        .withMessageContaining("slotsPerClass is 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> good.withKvBytesLimit(0))
        .withMessageContaining("kvBytesLimit is 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> good.withCapacityClasses(List.of(256, 256)))
        .withMessageContaining("capacityClasses is [256, 256]");
  }
}
