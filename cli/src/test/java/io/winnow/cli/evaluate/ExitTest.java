package io.winnow.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ExitTest {

  private static final int LAYERS = 8;

  @Test
  void readsWhereItWasWantedAndWhereItCame() throws Exception {
    Exit exit =
        read(
            """
            {"layer": 5, "verdicts": [
              {"layer": 1, "exit": false, "needed_ms": 3.0, "arrived_ms": 3.5},
              {"layer": 3, "exit": true, "needed_ms": 6.0, "arrived_ms": 8.0},
              {"layer": 5, "exit": true, "needed_ms": 9.0, "arrived_ms": 9.5}]}
            """);

    assertThat(exit.asked()).containsExactly(1, 3, 5);
    assertThat(exit.layer()).isEqualTo(OptionalInt.of(5));
    assertThat(exit.waitedMillis()).containsExactly(0.5, 2.0, 0.5);
    assertThat(exit.layersLate(read("{\"layer\": 3}"), LAYERS)).isEqualTo(2);
    assertThat(exit.layersLate(exit, LAYERS)).isZero();
  }

  @Test
  void anExitThatCameTooLateForAllCostsTheRemainingLayers() throws Exception {
    Exit exit =
        read(
            """
            {"layer": null, "verdicts": [
              {"layer": 3, "exit": true, "needed_ms": 6.0, "arrived_ms": 20.0}]}
            """);

    assertThat(exit.layer()).isEmpty();
    assertThat(exit.layersLate(read("{\"layer\": 3}"), LAYERS)).isEqualTo(4);
  }

  @Test
  void verdictsThatNeverCameHaveNoTimeAndNothingIsLate() throws Exception {
    Exit exit = read("{\"layer\": null, \"verdicts\": [{\"layer\": 1, \"needed_ms\": 3.0}]}");

    assertThat(exit.waitedMillis()).isEmpty();
    assertThat(exit.layersLate(read("{\"layer\": null}"), LAYERS)).isZero();
  }

  private static Exit read(String json) throws Exception {
    return Exit.of(new ObjectMapper().readTree(json));
  }
}
