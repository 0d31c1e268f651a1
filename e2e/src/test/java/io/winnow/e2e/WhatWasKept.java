package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.v1.KeptTokens;
import io.winnow.v1.PictureReduction;
import io.winnow.v1.ReductionReport;
import io.winnow.v1.Tile;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/**
 * An answer's report, whichever way it came, and what must hold of every report.
 *
 * @param entered visual tokens that entered each layer // [layers]
 * @param pictures in prompt order
 */
record WhatWasKept(
    String method, double flopsRatio, int textTokens, int[] entered, List<Picture> pictures) {

  /** A picture's tokens. */
  record Picture(int tokens, List<Kept> kept) {}

  /** Those that enter a layer // [kept]. */
  record Kept(int layer, int[] indices) {}

  /** The numbers that a decoder's work depends on. */
  record Decoder(int hidden, int intermediate) {

    /** The bundled model's. */
    static final Decoder DEMO = new Decoder(128, 352);

    private double macs(int tokens) {
      double n = tokens;
      return 4 * n * hidden * hidden + 2 * n * n * hidden + 3 * n * hidden * intermediate;
    }
  }

  static WhatWasKept of(JsonNode reduction) {
    return new WhatWasKept(
        reduction.path("method").asText(),
        reduction.path("flops_ratio").asDouble(),
        reduction.path("text_tokens").asInt(),
        ints(reduction.path("visual_tokens_entered")),
        list(reduction.path("pictures")).stream().map(WhatWasKept::picture).toList());
  }

  static WhatWasKept of(ReductionReport report) {
    return new WhatWasKept(
        report.getMethod(),
        report.getFlopsRatio(),
        report.getDetails().getTextTokens(),
        ints(report.getDetails().getVisualEnteredList()),
        report.getDetails().getPicturesList().stream().map(WhatWasKept::picture).toList());
  }

  /**
   * Asserts what must hold of every report.
   *
   * @param usageKept the usage's image_tokens_kept
   */
  void check(int usageKept, Decoder decoder) {
    assertThat(entered).isNotEmpty();
    for (int layer = 1; layer < entered.length; layer++) {
      assertThat(entered[layer]).isLessThanOrEqualTo(entered[layer - 1]);
    }
    assertThat(usageKept).isEqualTo((int) Math.round(IntStream.of(entered).average().orElse(0)));
    int all = pictures.stream().mapToInt(Picture::tokens).sum();
    double remaining = IntStream.of(entered).mapToDouble(n -> decoder.macs(n + textTokens)).sum();
    assertThat(flopsRatio)
        .isCloseTo(remaining / (entered.length * decoder.macs(all + textTokens)), within(1e-9));
    pictures.forEach(picture -> checkNested(picture, entered.length));
    for (int depth = 0; depth < (pictures.isEmpty() ? 0 : 1 + segments()); depth++) {
      checkCounts(depth);
    }
  }

  /** Tokens of a picture that are left after the last layer. */
  int[] left(int picture) {
    List<Kept> kept = pictures.get(picture).kept();
    return kept.get(kept.size() - 1).indices();
  }

  private int segments() {
    return pictures.get(0).kept().size() - 1;
  }

  private void checkCounts(int depth) {
    int layer = pictures.get(0).kept().get(depth).layer();
    int count = 0;
    for (Picture picture : pictures) {
      assertThat(picture.kept().get(depth).layer()).isEqualTo(layer);
      count += picture.kept().get(depth).indices().length;
    }
    if (layer < entered.length) {
      assertThat(count).as("layer %s", layer).isEqualTo(entered[layer]);
    } else {
      assertThat(count).isLessThanOrEqualTo(entered[layer - 1]);
    }
  }

  private static void checkNested(Picture picture, int layers) {
    List<Kept> kept = picture.kept();
    assertThat(kept.get(0).layer()).isZero();
    assertThat(kept.get(kept.size() - 1).layer()).isEqualTo(layers);
    Set<Integer> above = range(picture.tokens());
    for (Kept depth : kept) {
      Set<Integer> here = new HashSet<>();
      int previous = -1;
      for (int index : depth.indices()) {
        assertThat(index).isGreaterThan(previous);
        previous = index;
        here.add(index);
      }
      assertThat(above).as("layer %s", depth.layer()).containsAll(here);
      above = here;
    }
  }

  private static Set<Integer> range(int end) {
    return new HashSet<>(IntStream.range(0, end).boxed().toList());
  }

  private static Picture picture(JsonNode picture) {
    int tokens =
        list(picture.path("tiles")).stream()
            .mapToInt(tile -> tile.path("rows").asInt() * tile.path("columns").asInt())
            .sum();
    List<Kept> kept =
        list(picture.path("kept")).stream()
            .map(
                depth -> {
                  int[] indices = ints(depth.path("indices"));
                  assertThat(depth.path("count").asInt()).isEqualTo(indices.length);
                  return new Kept(depth.path("layer").asInt(), indices);
                })
            .toList();
    return new Picture(tokens, kept);
  }

  private static Picture picture(PictureReduction picture) {
    int tokens = picture.getTilesList().stream().mapToInt(WhatWasKept::tokens).sum();
    List<Kept> kept = picture.getKeptList().stream().map(depth -> kept(depth)).toList();
    return new Picture(tokens, kept);
  }

  private static int tokens(Tile tile) {
    return tile.getRows() * tile.getColumns();
  }

  private static Kept kept(KeptTokens depth) {
    return new Kept(depth.getLayer(), ints(depth.getIndexList()));
  }

  private static List<JsonNode> list(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  private static int[] ints(JsonNode array) {
    return list(array).stream().mapToInt(JsonNode::asInt).toArray();
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public String toString() {
    return method + " " + flopsRatio + " " + Arrays.toString(entered);
  }
}
