package io.winnow.cli.drawing;

import io.winnow.cli.drawing.Survivors.Depth;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;

/** Draws a picture at panel size with the tokens of one depth clear and all else in the dark. */
final class SurvivorPanel {

  private static final Color DARKNESS = new Color(0x14181F);
  private static final Color FOG = new Color(0xECECE8); // over what no token shows
  private static final double VEIL = 0.84; // share of darkness or fog over what is not kept
  private static final Color EDGE = new Color(0xFFB020);
  private static final float EDGE_WIDTH = 1.6f;

  private final BufferedImage picture; // at panel size
  private final Survivors survivors;
  private final Rectangle2D.Double grid; // where the tokens lie, in pixels of the panel

  /**
   * Prepares panels.
   *
   * @param original the picture
   * @param width of a panel in pixels
   */
  SurvivorPanel(BufferedImage original, Survivors survivors, int width) {
    double scale = (double) width / original.getWidth();
    int height = Math.max(1, (int) Math.round(original.getHeight() * scale));
    this.picture = scaled(original, width, height);
    this.survivors = survivors;
    Rectangle2D.Double seen = survivors.seen();
    this.grid =
        new Rectangle2D.Double(
            seen.x * scale, seen.y * scale, seen.width * scale, seen.height * scale);
  }

  /** The picture as it is. */
  BufferedImage picture() {
    return picture;
  }

  BufferedImage at(Depth depth) {
    BufferedImage panel =
        new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < panel.getHeight(); y++) {
      for (int x = 0; x < panel.getWidth(); x++) {
        panel.setRGB(x, y, shade(depth, x, y));
      }
    }
    outline(panel, depth);
    return panel;
  }

  private int shade(Depth depth, int x, int y) {
    int rgb = picture.getRGB(x, y);
    double right = (x + 0.5 - grid.x) / grid.width;
    double down = (y + 0.5 - grid.y) / grid.height;
    if (right < 0 || right >= 1 || down < 0 || down >= 1) {
      return veiled(rgb, FOG);
    }
    boolean kept =
        survivors.has(depth, (int) (down * survivors.rows()), (int) (right * survivors.columns()));
    return kept ? rgb : veiled(rgb, DARKNESS);
  }

  /** The grey of a colour, almost lost in another. */
  private static int veiled(int rgb, Color veil) {
    double grey = 0.299 * ((rgb >> 16) & 0xFF) + 0.587 * ((rgb >> 8) & 0xFF) + 0.114 * (rgb & 0xFF);
    int red = mix(grey, veil.getRed());
    int green = mix(grey, veil.getGreen());
    int blue = mix(grey, veil.getBlue());
    return red << 16 | green << 8 | blue;
  }

  private static int mix(double grey, int veil) {
    return (int) Math.round(VEIL * veil + (1 - VEIL) * grey);
  }

  /** Lines between what is kept and what is not, but not along the edge of the grid. */
  private void outline(BufferedImage panel, Depth depth) {
    Graphics2D graphics = smooth(panel);
    graphics.setColor(EDGE);
    graphics.setStroke(new BasicStroke(EDGE_WIDTH, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    double width = grid.width / survivors.columns();
    double height = grid.height / survivors.rows();
    for (int row = 0; row < survivors.rows(); row++) {
      for (int column = 0; column < survivors.columns(); column++) {
        boolean kept = survivors.has(depth, row, column);
        double x = grid.x + (column + 1) * width;
        double y = grid.y + (row + 1) * height;
        if (column + 1 < survivors.columns() && kept != survivors.has(depth, row, column + 1)) {
          graphics.draw(new Line2D.Double(x, y - height, x, y));
        }
        if (row + 1 < survivors.rows() && kept != survivors.has(depth, row + 1, column)) {
          graphics.draw(new Line2D.Double(x - width, y, x, y));
        }
      }
    }
    graphics.dispose();
  }

  private static BufferedImage scaled(BufferedImage original, int width, int height) {
    BufferedImage scaled = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = smooth(scaled);
    graphics.drawImage(original, 0, 0, width, height, null);
    graphics.dispose();
    return scaled;
  }

  static Graphics2D smooth(BufferedImage image) {
    Graphics2D graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    return graphics;
  }
}
