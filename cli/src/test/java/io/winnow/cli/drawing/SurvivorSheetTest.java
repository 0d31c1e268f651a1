package io.winnow.cli.drawing;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * A red picture of 40x20 pixels, whose middle the grid of 2x2 tokens covers; panels are 264x132.
 */
class SurvivorSheetTest {

  private static final Color RED = new Color(0xC02020);

  private final BufferedImage picture = red();

  @Test
  void keptTokensAreClearAndTheRestIsDark() throws IOException {
    BufferedImage panel = panel(1); // token 2: the lower left of the grid

    assertThat(color(panel, 99, 99)).isEqualTo(RED);
    for (int[] dropped : new int[][] {{99, 33}, {165, 33}, {165, 99}}) {
      Color dark = color(panel, dropped[0], dropped[1]);
      assertThat(brightness(dark)).isLessThan(50);
      assertThat(Math.abs(dark.getRed() - dark.getBlue())).isLessThan(20);
    }
  }

  @Test
  void whatNoTokenShowsIsPale() throws IOException {
    assertThat(brightness(color(panel(0), 20, 66))).isGreaterThan(190);
    assertThat(brightness(color(panel(0), 244, 66))).isGreaterThan(190);
    assertThat(color(panel(0), 70, 66)).isEqualTo(RED);
  }

  @Test
  void anEdgeRunsBetweenKeptAndDropped() throws IOException {
    Color edge = color(panel(1), 99, 66);

    assertThat(edge.getGreen()).isGreaterThan(120);
    assertThat(edge.getBlue()).isLessThan(60);
    assertThat(color(panel(0), 99, 66)).isEqualTo(RED);
  }

  @Test
  void theSheetHasThePictureAndAPanelForEachDepth() throws IOException {
    Survivors survivors = Survivors.of(SurvivorsTest.json(SurvivorsTest.PICTURE));
    SurvivorSheet.Headline headline =
        new SurvivorSheet.Headline("What?".repeat(200), "a heart", "kept 2");

    BufferedImage sheet = new SurvivorSheet(headline, picture, survivors).draw();

    assertThat(sheet.getWidth()).isEqualTo(2 * 40 + 4 * 264 + 3 * 24);
    assertThat(color(sheet, 40 + 132, 144 + 66)).isEqualTo(RED);
    assertThat(color(sheet, 40 + 288 + 99, 144 + 99)).isEqualTo(RED);
    assertThat(color(sheet, 40 + 2 * 288 + 99, 144 + 99)).isEqualTo(RED);
    assertThat(brightness(color(sheet, 40 + 3 * 288 + 99, 144 + 99))).isLessThan(50);
  }

  @Test
  void aDepthThatLooksLikeThePictureNeedsNoPanelOfItsOwn() throws IOException {
    String whole =
        SurvivorsTest.PICTURE
            .replace("\"left\": 10", "\"left\": 0")
            .replace("\"width\": 20", "\"width\": 40");
    Survivors survivors = Survivors.of(SurvivorsTest.json(whole));

    BufferedImage sheet =
        new SurvivorSheet(new SurvivorSheet.Headline("", "", ""), picture, survivors).draw();

    assertThat(sheet.getWidth()).isEqualTo(2 * 40 + 3 * 264 + 2 * 24);
  }

  private BufferedImage panel(int depth) throws IOException {
    Survivors survivors = Survivors.of(SurvivorsTest.json(SurvivorsTest.PICTURE));
    return new SurvivorPanel(picture, survivors, 264).at(survivors.depths().get(depth));
  }

  private static BufferedImage red() {
    BufferedImage image = new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(RED);
    graphics.fillRect(0, 0, 40, 20);
    graphics.dispose();
    return image;
  }

  private static Color color(BufferedImage image, int x, int y) {
    return new Color(image.getRGB(x, y));
  }

  private static int brightness(Color color) {
    return (color.getRed() + color.getGreen() + color.getBlue()) / 3;
  }
}
