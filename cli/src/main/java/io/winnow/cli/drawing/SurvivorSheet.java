package io.winnow.cli.drawing;

import io.winnow.cli.drawing.Captions.Style;
import io.winnow.cli.drawing.Survivors.Depth;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * A sheet that shows what a decoder still looks at: the picture, then one panel for each depth at
 * which tokens are missing.
 */
public final class SurvivorSheet {

  private static final int PANEL = 264; // width
  private static final int TALLEST = 2 * PANEL;
  private static final int PER_ROW = 6;
  private static final int MARGIN = 40;
  private static final int GAP = 24;
  private static final int HEADER = 104;
  private static final int CAPTION = 62;
  private static final int CORNER = 14;
  private static final Color PAPER = new Color(0xFBFBF9);
  private static final Color INK = new Color(0x1B1F27);
  private static final Color GREY = new Color(0x6A717D);
  private static final Color LINE = new Color(0xD5D6D2);
  private static final Color BAR = new Color(0xF09A00);
  private static final Style TITLE = new Style(21, true, INK);
  private static final Style ANSWER = new Style(17, false, INK);
  private static final Style SMALL = new Style(14, false, GREY);
  private static final Style CAPTION_STYLE = new Style(14, true, INK);
  private static final Style NOTHING = new Style(15, false, new Color(0xA9AFBA));

  private final Headline headline;
  private final Survivors survivors;
  private final SurvivorPanel panels;
  private final List<Depth> depths; // with a panel each
  private final Captions captions = Captions.find();

  /**
   * What stands above the panels.
   *
   * @param question as it was asked
   * @param answer as it was given
   * @param summary method and numbers
   */
  public record Headline(String question, String answer, String summary) {}

  /** Prepares a sheet; nothing is drawn yet. */
  public SurvivorSheet(Headline headline, BufferedImage picture, Survivors survivors) {
    this.headline = headline;
    this.survivors = survivors;
    int width =
        Math.max(
            1, (int) Math.min(PANEL, (long) TALLEST * picture.getWidth() / picture.getHeight()));
    this.panels = new SurvivorPanel(picture, survivors, width);
    this.depths = shown(survivors, picture);
  }

  /** False on a machine without fonts, where the sheet has no words. */
  public boolean hasWords() {
    return captions.available();
  }

  /** Draws it. */
  public BufferedImage draw() {
    int cells = depths.size() + 1;
    int columns = Math.min(PER_ROW, cells);
    int rows = (cells + columns - 1) / columns;
    int cellHeight = panels.picture().getHeight() + CAPTION;
    int width = 2 * MARGIN + columns * PANEL + (columns - 1) * GAP;
    int height = MARGIN + HEADER + rows * cellHeight + (rows - 1) * GAP + MARGIN / 2;
    BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = SurvivorPanel.smooth(sheet);
    graphics.setColor(PAPER);
    graphics.fillRect(0, 0, width, height);
    headline(graphics, width - 2 * MARGIN);
    for (int cell = 0; cell < cells; cell++) {
      int x = MARGIN + cell % columns * (PANEL + GAP);
      int y = MARGIN + HEADER + cell / columns * (cellHeight + GAP);
      if (cell == 0) {
        original(graphics, x, y);
      } else {
        depth(graphics, depths.get(cell - 1), x, y);
      }
    }
    graphics.dispose();
    return sheet;
  }

  /** While every token is there and the grid covers the picture, they look like the picture. */
  private static List<Depth> shown(Survivors survivors, BufferedImage picture) {
    Rectangle2D whole = new Rectangle2D.Double(0, 0, picture.getWidth(), picture.getHeight());
    List<Depth> depths = survivors.depths();
    boolean same = depths.get(0).count() == survivors.tokens() && survivors.seen().contains(whole);
    return same ? depths.subList(1, depths.size()) : depths;
  }

  private void headline(Graphics2D graphics, int width) {
    captions.write(graphics, headline.question(), TITLE, MARGIN, MARGIN + 16, width);
    captions.write(graphics, headline.answer(), ANSWER, MARGIN, MARGIN + 46, width);
    captions.write(graphics, headline.summary(), SMALL, MARGIN, MARGIN + 74, width);
  }

  private void original(Graphics2D graphics, int x, int y) {
    framed(graphics, panels.picture(), x, y);
    int below = y + panels.picture().getHeight();
    captions.write(graphics, "the picture", CAPTION_STYLE, x, below + 22, PANEL);
    String tokens = survivors.tokens() + " visual tokens";
    if (depths.size() < survivors.depths().size() && survivors.depths().get(0).last() > 0) {
      tokens += " " + caption(survivors.depths().get(0));
    }
    captions.write(graphics, tokens, SMALL, x, below + 42, PANEL);
  }

  private void depth(Graphics2D graphics, Depth depth, int x, int y) {
    BufferedImage panel = panels.at(depth);
    framed(graphics, panel, x, y);
    int below = y + panel.getHeight();
    if (depth.count() == 0) {
      captions.writeCentred(
          graphics, "text only", NOTHING, x + panel.getWidth() / 2, y + panel.getHeight() / 2);
    }
    captions.write(graphics, caption(depth), CAPTION_STYLE, x, below + 22, PANEL);
    String count = depth.count() + " of " + survivors.tokens();
    captions.write(graphics, count, SMALL, x, below + 42, PANEL);
    bar(graphics, (double) depth.count() / survivors.tokens(), x, below + 52, panel.getWidth());
  }

  private String caption(Depth depth) {
    List<Depth> all = survivors.depths();
    int layers = all.get(all.size() - 1).last();
    if (depth.first() == 0 && depth.last() == layers) {
      return "through all " + layers + " layers";
    }
    if (depth.first() == 0) {
      return depth.last() == 0 ? "into the decoder" : "up to layer " + depth.last();
    }
    return depth.first() == depth.last()
        ? "after layer " + depth.first()
        : "after layers %d to %d".formatted(depth.first(), depth.last());
  }

  private static void framed(Graphics2D graphics, BufferedImage panel, int x, int y) {
    Shape frame =
        new RoundRectangle2D.Double(x, y, panel.getWidth(), panel.getHeight(), CORNER, CORNER);
    Shape clip = graphics.getClip();
    graphics.clip(frame);
    graphics.drawImage(panel, x, y, null);
    graphics.setClip(clip);
    graphics.setColor(LINE);
    graphics.setStroke(new BasicStroke(1.2f));
    graphics.draw(frame);
  }

  private static void bar(Graphics2D graphics, double share, int x, int y, int width) {
    graphics.setColor(LINE);
    graphics.fill(new RoundRectangle2D.Double(x, y, width, 5, 5, 5));
    if (share > 0) {
      graphics.setColor(BAR);
      graphics.fill(new RoundRectangle2D.Double(x, y, Math.max(5, share * width), 5, 5, 5));
    }
  }
}
