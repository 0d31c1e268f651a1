package io.winnow.cli.plot;

import java.util.Locale;

/**
 * An SVG drawing under way. Colours are classes of its style sheet, so that it follows the page
 * from light to dark. Not safe for concurrent use.
 */
public final class Svg {

  private final StringBuilder body = new StringBuilder();
  private final int width;
  private final int height;
  private final String style;

  /**
   * @param style rules of the style sheet
   */
  public Svg(int width, int height, String style) {
    this.width = width;
    this.height = height;
    this.style = style;
  }

  /** Where a text stands at its point. */
  public enum Anchor {
    START,
    MIDDLE,
    END
  }

  public Svg rectangle(String css, double x, double y, double width, double height) {
    return add(
        "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
        css, x, y, width, height);
  }

  public Svg line(String css, double x1, double y1, double x2, double y2) {
    return add(
        "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
        css, x1, y1, x2, y2);
  }

  /**
   * A line through points.
   *
   * @param points x and y in turn
   */
  public Svg path(String css, double... points) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i + 1 < points.length; i += 2) {
      path.append(
          String.format(Locale.ROOT, "%s%.1f %.1f", i == 0 ? "M" : " L", points[i], points[i + 1]));
    }
    return add("<path class=\"%s\" d=\"%s\"/>", css, path);
  }

  public Svg circle(String css, double x, double y, double radius) {
    return add("<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", css, x, y, radius);
  }

  public Svg text(String css, Anchor anchor, double x, double y, String text) {
    return add(
        "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
        css, anchor.name().toLowerCase(Locale.ROOT), x, y, escaped(text));
  }

  @Override
  public String toString() {
    return """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" width="%1$d" height="%2$d" role="img">
        <style>
        %3$s</style>
        %4$s</svg>
        """
        .formatted(width, height, style, body);
  }

  private Svg add(String element, Object... values) {
    body.append(String.format(Locale.ROOT, element, values)).append('\n');
    return this;
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
