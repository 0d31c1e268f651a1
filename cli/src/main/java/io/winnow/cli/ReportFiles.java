package io.winnow.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.winnow.cli.chat.Answer;
import io.winnow.cli.chat.Question;
import io.winnow.cli.drawing.SurvivorSheet;
import io.winnow.cli.drawing.SurvivorSheet.Headline;
import io.winnow.cli.drawing.Survivors;
import io.winnow.runtime.picture.Picture;
import io.winnow.runtime.picture.PictureException;
import io.winnow.runtime.picture.PictureLimits;
import io.winnow.runtime.picture.PictureReader;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.imageio.ImageIO;

/** The files that an answer's report goes to: as JSON, or drawn over the picture. */
final class ReportFiles {

  private static final PictureLimits LIMITS = new PictureLimits(64L << 20, 40_000_000);

  private final List<Path> files;

  ReportFiles(List<Path> files) {
    this.files = List.copyOf(files);
  }

  /** What is wrong with the files' names or folders, before anything is asked. */
  Optional<String> problem() {
    for (Path file : files) {
      if (!isJson(file) && !isPng(file)) {
        return Optional.of("--report is \"%s\", which must end in .json or .png".formatted(file));
      }
      Path folder = file.toAbsolutePath().getParent();
      if (folder == null || !Files.isDirectory(folder)) {
        return Optional.of("--report is \"%s\", whose folder does not exist".formatted(file));
      }
    }
    return Optional.empty();
  }

  boolean wanted() {
    return !files.isEmpty();
  }

  /**
   * Writes them.
   *
   * @param notes takes what the user should know
   * @throws IOException if one cannot be written; the message is for the user
   */
  void write(Question question, Answer answer, PrintWriter notes) throws IOException {
    for (Path file : files) {
      try {
        if (isJson(file)) {
          Files.writeString(file, answer.reduction().toPrettyString() + System.lineSeparator());
        } else {
          draw(question, answer, notes, file);
        }
      } catch (IOException e) {
        throw new IOException("%s was not written: %s".formatted(file, e.getMessage()), e);
      }
    }
  }

  private static void draw(Question question, Answer answer, PrintWriter notes, Path file)
      throws IOException {
    JsonNode report = answer.reduction();
    Survivors survivors = Survivors.of(report.path("pictures").path(0));
    String summary =
        "%d visual tokens, %s"
            .formatted(AnswerReport.imageTokens(answer), AnswerReport.reduction(answer));
    Headline headline = new Headline(question.text(), answer.text(), summary);
    SurvivorSheet sheet = new SurvivorSheet(headline, picture(question.picture()), survivors);
    if (!sheet.hasWords()) {
      notes.println("winnow: this machine has no fonts, so " + file + " has no words");
    }
    if (!ImageIO.write(sheet.draw(), "png", file.toFile())) {
      throw new IOException("this JDK writes no PNG files");
    }
  }

  private static BufferedImage picture(byte[] content) throws IOException {
    Picture picture;
    try {
      picture = new PictureReader(LIMITS).read(content);
    } catch (PictureException e) {
      throw new IOException(e.getMessage(), e);
    }
    BufferedImage image =
        new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
    byte[] rgb = picture.rgb(); // [height, width, 3]
    for (int pixel = 0; pixel < picture.width() * picture.height(); pixel++) {
      int color =
          (rgb[3 * pixel] & 0xFF) << 16
              | (rgb[3 * pixel + 1] & 0xFF) << 8
              | rgb[3 * pixel + 2] & 0xFF;
      image.setRGB(pixel % picture.width(), pixel / picture.width(), color);
    }
    return image;
  }

  private static boolean isJson(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
  }

  private static boolean isPng(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".png");
  }
}
