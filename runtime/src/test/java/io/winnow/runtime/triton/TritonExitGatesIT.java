package io.winnow.runtime.triton;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.winnow.runtime.ExitGates;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.contract.DemoModel;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import java.util.Random;
import org.junit.jupiter.api.Test;

@OnTriton
class TritonExitGatesIT {

  @Test
  void sayWhatTheEmbeddedOnesSay() {
    Random random = new Random(7);
    try (ExitGates embedded =
            EmbeddedRuntimes.gates(DemoModel.model(), EmbeddedSettings.defaults()).orElseThrow();
        ExitGates triton = TritonContracts.openGates(DemoModel.model()).orElseThrow()) {
      assertThat(triton.layers()).isEqualTo(embedded.layers());
      float[] status = new float[triton.statusWidth()];
      for (int layer : triton.layers()) {
        for (int index = 0; index < status.length; index++) {
          status[index] = (float) random.nextGaussian();
        }
        assertThat(triton.logits(layer, status)).isEqualTo(embedded.logits(layer, status));
      }
    }
  }

  @Test
  void refuseWhatDoesNotFitAndEverythingOnceClosed() {
    ExitGates gates = TritonContracts.openGates(DemoModel.model()).orElseThrow();
    float[] status = new float[gates.statusWidth()];
    assertThatThrownBy(() -> gates.logits(7, status))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layer is 7");
    assertThatThrownBy(() -> gates.logits(1, new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 numbers");

    gates.close();
    gates.close();

    assertThatThrownBy(() -> gates.logits(1, status)).isInstanceOf(RuntimeStoppedException.class);
  }
}
