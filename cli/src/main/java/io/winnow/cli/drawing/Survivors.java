package io.winnow.cli.drawing;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The visual tokens of one picture that were left at each depth, read from an answer's report.
 *
 * @param rows of the token grid
 * @param columns of the token grid
 * @param seen the part of the picture that the grid lies over, in pixels
 * @param depths from shallow to deep; each differs from the one before
 */
public record Survivors(int rows, int columns, Rectangle2D.Double seen, List<Depth> depths) {

  /** Far above any grid; a report beyond it is damaged. */
  private static final int MAX_TOKENS = 1 << 20;

  /**
   * The tokens that are there over a range of depths.
   *
   * @param first number of layers that they have passed at least; 0 is before the first layer
   * @param last number of layers that they have passed at most
   * @param kept their numbers
   */
  public record Depth(int first, int last, BitSet kept) {

    int count() {
      return kept.cardinality();
    }
  }

  public Survivors {
    depths = List.copyOf(depths);
  }

  /**
   * Reads a picture's part of a report.
   *
   * @throws IOException if it is not there, or not of one grid; the message is for the user
   */
  public static Survivors of(JsonNode picture) throws IOException {
    JsonNode tiles = picture.path("tiles");
    if (tiles.size() != 1) {
      throw new IOException(
          "a picture of %d token grids cannot be drawn, only one of a single grid; name a .json file"
              .formatted(tiles.size()));
    }
    int rows = tiles.path(0).path("rows").asInt();
    int columns = tiles.path(0).path("columns").asInt();
    JsonNode seen = picture.path("seen");
    Rectangle2D.Double region =
        new Rectangle2D.Double(
            seen.path("left").asDouble(),
            seen.path("top").asDouble(),
            seen.path("width").asDouble(),
            seen.path("height").asDouble());
    if (rows < 1 || columns < 1 || rows > MAX_TOKENS / columns || region.isEmpty()) {
      throw new IOException("the service's report has no grid of tokens");
    }
    return new Survivors(rows, columns, region, depths(picture.path("kept"), rows * columns));
  }

  private static List<Depth> depths(JsonNode reported, int tokens) throws IOException {
    List<Depth> depths = new ArrayList<>();
    for (JsonNode entry : reported) {
      int layer = entry.path("layer").asInt();
      BitSet kept = kept(entry.path("indices"), tokens);
      Depth before = depths.isEmpty() ? null : depths.get(depths.size() - 1);
      if (before != null && before.kept().equals(kept)) {
        depths.set(depths.size() - 1, new Depth(before.first(), layer, kept));
      } else {
        depths.add(new Depth(layer, layer, kept));
      }
    }
    if (depths.isEmpty()) {
      throw new IOException("the service's report names no depth at which tokens were kept");
    }
    return depths;
  }

  private static BitSet kept(JsonNode indices, int tokens) throws IOException {
    BitSet kept = new BitSet(tokens);
    for (JsonNode index : indices) {
      if (index.asInt(-1) < 0 || index.asInt() >= tokens) {
        throw new IOException("the service's report names token " + index + " of " + tokens);
      }
      kept.set(index.asInt());
    }
    return kept;
  }

  int tokens() {
    return rows * columns;
  }

  /** Whether a token of the grid is there; none is outside the grid. */
  boolean has(Depth depth, int row, int column) {
    return row >= 0
        && row < rows
        && column >= 0
        && column < columns
        && depth.kept().get(row * columns + column);
  }
}
