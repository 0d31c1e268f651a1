package io.winnow.runtime.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.winnow.runtime.picture.PictureException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PictureReaderTest {

  private final PictureReader reader = new PictureReader(PictureLimits.DEFAULT);

  static List<String> names() {
    return SamplePictures.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void readsAsTheReference(String name) {
    Picture expected = SamplePictures.picture(name + ".expected.png");
    Picture picture = reader.read(SamplePictures.bytes(name));
    assertThat(picture.width()).isEqualTo(expected.width());
    assertThat(picture.height()).isEqualTo(expected.height());
    if (name.startsWith("lossy")) {
      // The decoder repeats chroma samples where libwebp interpolates them.
      assertThat(brightnessDifference(picture, expected)).isLessThan(0.6);
    } else if (name.equals("rgb565.bmp")) {
      // 5 and 6 bits are scaled with rounding, by the reference without.
      assertThat(largestDifference(picture, expected)).isLessThanOrEqualTo(1);
    } else {
      assertThat(picture.rgb()).isEqualTo(expected.rgb());
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void readsAnIncompleteFileWhollyOrNotAtAll(String name) {
    byte[] file = SamplePictures.bytes(name);
    Picture whole = reader.read(file);
    int step = Math.max(1, file.length / 97);
    for (int length = 0; length < file.length; length += step) {
      byte[] cut = Arrays.copyOf(file, length);
      PictureException refusal =
          catchThrowableOfType(
              PictureException.class,
              () -> assertThat(reader.read(cut).rgb()).isEqualTo(whole.rgb()));
      assertThat(refusal == null || refusal.kind() != Kind.TOO_LARGE).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void readsOrRefusesADamagedFile(String name) {
    Random random = new Random(name.hashCode());
    for (int i = 0; i < 40; i++) {
      byte[] file = SamplePictures.bytes(name);
      for (int flips = 0; flips < 3; flips++) {
        file[random.nextInt(file.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        reader.read(file);
      } catch (PictureException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ycc420.jpg", "progressive.jpg", "rgb8.png", "lossless.webp", "rgb24.bmp"})
  void refusesHalfAPicture(String name) {
    byte[] file = SamplePictures.bytes(name);
    assertRefused(Arrays.copyOf(file, file.length * 3 / 4), Kind.UNREADABLE, "ends too early");
  }

  @Test
  void refusesAJpegWhosePixelsAreCutButWhoseEndIsThere() {
    byte[] file = SamplePictures.bytes("ycc444.jpg");
    byte[] cut = Arrays.copyOf(file, file.length * 3 / 4);
    cut[cut.length - 2] = (byte) 0xFF;
    cut[cut.length - 1] = (byte) 0xD9;
    assertRefused(cut, Kind.UNREADABLE, "cannot be decoded");
  }

  @Test
  void refusesAPngWithAWrongChecksum() {
    byte[] file = SamplePictures.bytes("rgb8.png");
    file[file.length / 2] ^= 1;
    assertRefused(file, Kind.UNREADABLE, "checksum");
  }

  @Test
  void refusesWhatIsNoPicture() {
    assertRefused(new byte[0], Kind.UNREADABLE, "empty");
    for (String other :
        List.of("hello, world", "%PDF-1.7", "II*\0TIFF", "\0\0\0\u0018ftypheic", "B")) {
      assertRefused(
          other.getBytes(StandardCharsets.ISO_8859_1),
          Kind.UNSUPPORTED,
          "PNG, JPEG, WebP, GIF or BMP");
    }
  }

  /** Nothing but headers, which say 10,000 x 10,000: refused before the rest is looked for. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "89504E470D0A1A0A0000000D4948445200002710000027100802000000",
        "FFD8FFC00011082710271003011100021100031100",
        "524946461600000057454250565038580A000000020000000F27000F2700",
        "47494638396110271027000000" + "2C000000001027102700",
        "424D00000000000000003600000028000000102700001027000001001800000000000000000000000000"
            + "00000000000000000000",
      })
  void refusesAPictureBombByItsHeader(String header) {
    byte[] file = Arrays.copyOf(HexFormat.of().parseHex(header), 64);
    assertRefused(file, Kind.TOO_LARGE, "10000x10000 pixels");
  }

  @Test
  void refusesSizesThatOverflow() {
    byte[] file = SamplePictures.bytes("rgb8.png");
    Arrays.fill(file, 16, 24, (byte) 0xFF);
    assertRefused(file, Kind.TOO_LARGE, "4294967295x4294967295");
    Arrays.fill(file, 16, 24, (byte) 0);
    assertRefused(file, Kind.UNREADABLE, "0x0");
  }

  @Test
  void readsUpToTheLimits() {
    byte[] file = SamplePictures.bytes("rgb8.png");
    int pixels = 37 * 26;
    new PictureReader(new PictureLimits(file.length, pixels)).read(file);
    assertThatThrownBy(
            () -> new PictureReader(new PictureLimits(file.length - 1, pixels)).read(file))
        .hasMessageContaining("bytes, the limit is");
    assertThatThrownBy(
            () -> new PictureReader(new PictureLimits(file.length, pixels - 1)).read(file))
        .hasMessageContaining("37x26 pixels");
  }

  @Test
  void refusesAFormatInsideABitmap() {
    byte[] file = SamplePictures.bytes("rgb24.bmp");
    for (byte inner : new byte[] {4, 5}) { // JPEG, PNG
      file[30] = inner;
      assertRefused(file, Kind.UNSUPPORTED, "BMP");
    }
  }

  @Test
  void refusesAJpegOfEndlessScans() {
    byte[] file = SamplePictures.bytes("grey.jpg");
    byte[] scan = HexFormat.of().parseHex("FFDA0008010100003F0000");
    byte[] many = Arrays.copyOf(file, file.length + 200 * scan.length);
    for (int i = 0; i < 200; i++) {
      System.arraycopy(scan, 0, many, file.length - 2 + i * scan.length, scan.length);
    }
    assertRefused(many, Kind.UNSUPPORTED, "scans");
  }

  @Test
  void readsInManyThreads() {
    byte[] expected = SamplePictures.picture("ycc420.jpg").rgb();
    List<String> names = names();
    assertThat(
            names.parallelStream()
                .map(name -> reader.read(SamplePictures.bytes("ycc420.jpg")).rgb())
                .allMatch(rgb -> Arrays.equals(rgb, expected)))
        .isTrue();
  }

  private void assertRefused(byte[] file, Kind kind, String message) {
    assertThatThrownBy(() -> reader.read(file))
        .isInstanceOfSatisfying(
            PictureException.class, refusal -> assertThat(refusal.kind()).isEqualTo(kind))
        .hasMessageContaining(message);
  }

  private static int largestDifference(Picture picture, Picture expected) {
    int largest = 0;
    for (int i = 0; i < picture.rgb().length; i++) {
      largest = Math.max(largest, Math.abs((picture.rgb()[i] & 0xFF) - (expected.rgb()[i] & 0xFF)));
    }
    return largest;
  }

  private static double brightnessDifference(Picture picture, Picture expected) {
    double sum = 0;
    for (int i = 0; i < picture.rgb().length; i += 3) {
      sum += Math.abs(brightness(picture.rgb(), i) - brightness(expected.rgb(), i));
    }
    return sum / (picture.rgb().length / 3);
  }

  private static double brightness(byte[] rgb, int i) {
    return 0.299 * (rgb[i] & 0xFF) + 0.587 * (rgb[i + 1] & 0xFF) + 0.114 * (rgb[i + 2] & 0xFF);
  }
}
