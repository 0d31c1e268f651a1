package io.winnow.cli.drawing;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;

/** Writes text into drawings, or leaves it out on a machine without fonts. */
final class Captions {

  private static final String ELLIPSIS = "\u2026";

  private final boolean fonts;

  private Captions(boolean fonts) {
    this.fonts = fonts;
  }

  /** Finds out whether this machine has fonts. */
  static Captions find() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
      return new Captions(graphics.getFontMetrics().stringWidth("a") > 0);
    } catch (RuntimeException | Error e) {
      // Without fontconfig the JDK fails in different ways, some of them errors; what is drawn says
      // most of it without words.
      return new Captions(false);
    } finally {
      graphics.dispose();
    }
  }

  boolean available() {
    return fonts;
  }

  /** Writes a line, cut where it would be wider than {@code width}. */
  void write(Graphics2D graphics, String text, Style style, int x, int baseline, int width) {
    if (fonts) {
      prepare(graphics, style);
      graphics.drawString(fitting(text, graphics.getFontMetrics(), width), x, baseline);
    }
  }

  /** Writes a line centred at {@code x}. */
  void writeCentred(Graphics2D graphics, String text, Style style, int x, int baseline) {
    if (fonts) {
      prepare(graphics, style);
      graphics.drawString(text, x - graphics.getFontMetrics().stringWidth(text) / 2, baseline);
    }
  }

  private static void prepare(Graphics2D graphics, Style style) {
    graphics.setFont(
        new Font(Font.SANS_SERIF, style.bold() ? Font.BOLD : Font.PLAIN, style.size()));
    graphics.setColor(style.color());
  }

  private static String fitting(String text, FontMetrics metrics, int width) {
    if (metrics.stringWidth(text) <= width) {
      return text;
    }
    int length = text.length();
    while (length > 0 && metrics.stringWidth(text.substring(0, length) + ELLIPSIS) > width) {
      length--;
    }
    return text.substring(0, length).stripTrailing() + ELLIPSIS;
  }

  /** How a line looks; the size in points. */
  record Style(int size, boolean bold, Color color) {}
}
