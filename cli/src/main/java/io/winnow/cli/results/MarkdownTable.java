package io.winnow.cli.results;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A Markdown table whose columns also line up as plain text. Not safe for concurrent use. */
public final class MarkdownTable {

  private final List<List<String>> rows = new ArrayList<>();
  private final int columns;

  public MarkdownTable(String... header) {
    columns = header.length;
    row((Object[]) header);
  }

  /**
   * Adds a row.
   *
   * @param cells as many as the header has
   */
  public MarkdownTable row(Object... cells) {
    if (cells.length != columns) {
      throw new IllegalArgumentException(cells.length + " cells for " + columns + " columns");
    }
    rows.add(Arrays.stream(cells).map(String::valueOf).toList());
    return this;
  }

  /** A number with so many decimals, the same on every machine. */
  public static String decimals(int count, double value) {
    return String.format(Locale.ROOT, "%." + count + "f", value);
  }

  @Override
  public String toString() {
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int column = 0; column < columns; column++) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    StringBuilder table = new StringBuilder();
    line(table, rows.get(0), widths);
    for (int width : widths) {
      table.append('|').append("-".repeat(width + 2));
    }
    table.append("|\n");
    rows.subList(1, rows.size()).forEach(row -> line(table, row, widths));
    return table.toString();
  }

  private static void line(StringBuilder table, List<String> row, int[] widths) {
    for (int column = 0; column < widths.length; column++) {
      String cell = row.get(column);
      table.append("| ").append(cell).append(" ".repeat(widths[column] - cell.length() + 1));
    }
    table.append("|\n");
  }
}
