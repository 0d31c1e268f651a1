package io.winnow.cli.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SurvivorsTest {

  static final String PICTURE =
      """
      {"width": 40, "height": 20, "seen": {"left": 10, "top": 0, "width": 20, "height": 20},
       "tiles": [{"rows": 2, "columns": 2}], "kept": [
         {"layer": 0, "count": 4, "indices": [0, 1, 2, 3]},
         {"layer": 2, "count": 4, "indices": [0, 1, 2, 3]},
         {"layer": 4, "count": 1, "indices": [2]},
         {"layer": 6, "count": 0, "indices": []},
         {"layer": 8, "count": 0, "indices": []}]}""";

  @Test
  void joinsDepthsThatDoNotDiffer() throws IOException {
    Survivors survivors = Survivors.of(json(PICTURE));

    assertThat(survivors.depths())
        .containsExactly(
            new Survivors.Depth(0, 2, set(0, 1, 2, 3)),
            new Survivors.Depth(4, 4, set(2)),
            new Survivors.Depth(6, 8, set()));
    assertThat(survivors.seen().getX()).isEqualTo(10);
    assertThat(survivors.seen().getHeight()).isEqualTo(20);
  }

  @Test
  void hasNoTokenOutsideTheGrid() throws IOException {
    Survivors survivors = Survivors.of(json(PICTURE));
    Survivors.Depth one = survivors.depths().get(1);

    assertThat(survivors.has(one, 1, 0)).isTrue();
    assertThat(survivors.has(one, 0, 0)).isFalse();
    assertThat(survivors.has(survivors.depths().get(0), 2, 0)).isFalse();
    assertThat(survivors.has(survivors.depths().get(0), 0, -1)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "kept" | "lost" | names no depth
          {"rows": 2, "columns": 2} | {"rows": 2, "columns": 2}, {"rows": 1, "columns": 1} | 2 token grids
          {"rows": 2, "columns": 2} | | 0 token grids
          "columns": 2 | "columns": 0 | no grid
          "width": 20 | "width": 0 | no grid
          "indices": [2] | "indices": [4] | token 4 of 4
          "indices": [2] | "indices": ["x"] | token "x" of 4
          """)
  void refusesADamagedReport(String from, String to, String problem) {
    String damaged = PICTURE.replace(from, to == null ? "" : to);

    assertThatThrownBy(() -> Survivors.of(json(damaged)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(problem);
  }

  static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }

  private static BitSet set(int... tokens) {
    BitSet set = new BitSet();
    for (int token : tokens) {
      set.set(token);
    }
    return set;
  }
}
