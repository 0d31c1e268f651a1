package io.winnow.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class PrintedProgressTest {

  private static final long GIB = 1L << 30;

  private final StringWriter text = new StringWriter();
  private final PrintedProgress progress = new PrintedProgress(new PrintWriter(text));

  @Test
  void printsEachGraph() {
    progress.onGraph("m-vision/1/model.onnx", 0, 5);
    assertThat(text.toString().strip()).isEqualTo("winnow: [1/5] m-vision/1/model.onnx");
  }

  @Test
  void printsEachTenthOfALargeCheckpointOnce() {
    for (long taken = 0; taken <= 100; taken++) {
      progress.onWeights(taken * GIB / 10, 10 * GIB);
    }
    assertThat(text.toString().lines())
        .hasSize(10)
        .startsWith("winnow: 10 %, 1.0 of 10.0 GiB of weights")
        .endsWith("winnow: 100 %, 10.0 of 10.0 GiB of weights");
  }

  @Test
  void keepsQuietAboutTheBytesOfASmallOne() {
    progress.onWeights(1000, 1000);
    assertThat(text.toString()).isEmpty();
  }
}
