package io.winnow.runtime.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.runtime.ExitGates;
import io.winnow.runtime.ExitLogits;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.contract.DemoModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class EmbeddedExitGatesTest {

  private static final int WIDTH = 256;

  @Test
  void hasAGateAtEachSegmentEndButTheLast() {
    try (ExitGates gates = open(DemoModel.model());
        ExitGates layerwise = open(DemoModel.layerwise())) {
      assertThat(gates.layers()).containsExactly(1, 3, 5);
      assertThat(gates.statusWidth()).isEqualTo(WIDTH);
      assertThat(layerwise.layers()).containsExactly(0, 1, 2, 3, 4, 5, 6);
    }
  }

  @Test
  void aModelWithoutGatesOpensNone() {
    RepositoryModel model = DemoModel.model();
    RepositoryModel bare =
        new RepositoryModel(model.root(), model.manifest().toBuilder().clearGates().build());
    assertThat(EmbeddedRuntimes.gates(bare, EmbeddedSettings.defaults())).isEmpty();
  }

  @Test
  void saysTheSameWhateverTheExportAndHoweverManyAskAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (ExitGates gates = open(DemoModel.model());
        ExitGates layerwise = open(DemoModel.layerwise())) {
      List<float[]> statuses = statuses(3);
      List<Future<ExitLogits>> asked = new ArrayList<>();
      for (int round = 0; round < 8; round++) {
        for (float[] status : statuses) {
          asked.add(threads.submit(() -> gates.logits(3, status)));
        }
      }
      for (int index = 0; index < asked.size(); index++) {
        assertThat(asked.get(index).get())
            .isEqualTo(layerwise.logits(3, statuses.get(index % statuses.size())));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void refusesLayersWithoutAGateAndStatusesOfAnotherLength() {
    try (ExitGates gates = open(DemoModel.model())) {
      assertThatThrownBy(() -> gates.logits(2, new float[WIDTH]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("layer is 2, gates stand behind the layers [1, 3, 5]");
      assertThatThrownBy(() -> gates.logits(3, new float[WIDTH - 1]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("status has 255 numbers, must have 256");
    }
  }

  @Test
  void refusesCallsAfterItWasClosedAndClosesTwice() {
    ExitGates gates = open(DemoModel.model());
    gates.close();
    gates.close();
    assertThatThrownBy(() -> gates.logits(3, new float[WIDTH]))
        .isInstanceOf(RuntimeStoppedException.class);
  }

  private static ExitGates open(RepositoryModel model) {
    return EmbeddedRuntimes.gates(model, EmbeddedSettings.defaults()).orElseThrow();
  }

  /** Of the goldens that have them, behind this layer. */
  private static List<float[]> statuses(int layer) {
    List<float[]> statuses = new ArrayList<>();
    for (JsonNode golden : DemoModel.goldens("gates.json").get("questions")) {
      if (golden.has("text_status")) {
        JsonNode numbers = golden.get("text_status").get(layer);
        float[] status = new float[numbers.size()];
        for (int i = 0; i < status.length; i++) {
          status[i] = numbers.get(i).floatValue();
        }
        statuses.add(status);
      }
    }
    return statuses;
  }
}
