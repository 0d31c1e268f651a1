package io.winnow.bench;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * An endless row of pictures, no two alike: example pictures with a number written into their
 * corner pixel. Without it the encoder's cache would answer, and the mesh would look better than it
 * is.
 */
final class DistinctPictures {

  private final List<BufferedImage> pictures = new ArrayList<>();
  private int next;

  DistinctPictures(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".png")).sorted().toList()) {
        pictures.add(ImageIO.read(file.toFile()));
      }
    }
    if (pictures.isEmpty()) {
      throw new IOException("no PNG pictures in " + folder);
    }
  }

  /** The next picture as a PNG file. */
  byte[] next() throws IOException {
    BufferedImage picture = pictures.get(next % pictures.size());
    picture.setRGB(0, 0, next & 0xffffff);
    next++;
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(picture, "png", file);
    return file.toByteArray();
  }
}
