package io.winnow.runtime.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.winnow.v1.Preprocessing;
import io.winnow.v1.VisionManifest;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class PicturePreprocessorTest {

  private static final Path GOLDENS =
      Path.of(System.getProperty("winnow.root"), "demo-model/goldens/preprocess");

  private static final Path FAMILIES = GOLDENS.resolveSibling("families").resolve("pictures");

  private static final Preprocessing DEMO =
      Preprocessing.newBuilder()
          .setShortestEdge(192)
          .setResample("bicubic")
          .setCropHeight(192)
          .setCropWidth(192)
          .setRescaleFactor(1 / 255.0)
          .addAllMean(List.of(0.5, 0.5, 0.5))
          .addAllStd(List.of(0.5, 0.5, 0.5))
          .build();

  private final PictureReader reader = new PictureReader(PictureLimits.DEFAULT);

  static List<String> goldens() throws IOException {
    try (Stream<Path> files = Files.list(GOLDENS)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.endsWith(".expected.png"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void agreesWithTheReference(String name) throws IOException {
    Picture expected = read(GOLDENS.resolve(name.replace(".png", ".expected.png")));
    Picture picture = read(GOLDENS.resolve(name));
    FloatBuffer values = new PicturePreprocessor(manifest(192, 192, DEMO)).preprocess(picture);
    assertThat(values.isDirect()).isTrue();
    assertThat(values.remaining()).isEqualTo(3 * 192 * 192);
    double largest = 0;
    for (int i = 0; i < 192 * 192; i++) {
      for (int channel = 0; channel < 3; channel++) {
        double sample = (values.get(channel * 192 * 192 + i) * 0.5 + 0.5) * 255;
        largest = Math.max(largest, Math.abs(sample - (expected.rgb()[3 * i + channel] & 0xFF)));
      }
    }
    // Today all are equal up to float rounding; 1 is what the project promises.
    assertThat(largest).isLessThan(1.001);
  }

  static List<String> familyGoldens() throws IOException {
    try (Stream<Path> files = Files.list(FAMILIES)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  /** SigLIP's resize to the size, and LLaVA's square of the mean colour. */
  @ParameterizedTest
  @MethodSource("familyGoldens")
  void agreesWithTheReferenceOfOtherFamilies(String golden) throws IOException {
    boolean padded = golden.endsWith(".padded.png");
    Preprocessing.Builder steps = DEMO.toBuilder();
    if (padded) {
      steps.setShortestEdge(96).setCropWidth(96).setCropHeight(96);
      steps.addAllSquareBackground(List.of(122, 116, 104)); // CLIP's mean colour
    } else {
      steps.setShortestEdge(0).setResizeWidth(96).setResizeHeight(96);
      steps.clearCropWidth().clearCropHeight();
    }
    Picture expected = read(FAMILIES.resolve(golden));
    Picture picture = read(GOLDENS.resolve(golden.substring(0, golden.indexOf('.')) + ".png"));
    byte[] resized = new PicturePreprocessor(manifest(96, 96, steps.build())).resized(picture);
    for (int i = 0; i < resized.length; i++) {
      assertThat(resized[i] & 0xFF).isCloseTo(expected.rgb()[i] & 0xFF, within(1));
    }
  }

  @Test
  void limitsTheSquareThatAPictureIsLaidOn() {
    Preprocessing padded = DEMO.toBuilder().addAllSquareBackground(List.of(1, 2, 3)).build();
    PicturePreprocessor preprocessor = new PicturePreprocessor(manifest(192, 192, padded));
    int longest = PictureCanvas.MAX_SQUARE_EDGE;
    byte[] thin = new byte[3 * longest];
    assertThat(preprocessor.resized(new Picture(longest, 1, thin))).hasSize(3 * 192 * 192);
    assertThatThrownBy(
            () -> preprocessor.resized(new Picture(1, longest + 1, new byte[3 * (longest + 1)])))
        .isInstanceOf(PictureException.class)
        .hasMessageContaining("at most 16384 along an edge");
  }

  @Test
  void seesASquareBeyondThePicture() {
    Preprocessing padded = DEMO.toBuilder().addAllSquareBackground(List.of(1, 2, 3)).build();
    assertThat(SeenRegion.of(manifest(192, 192, padded), 640, 480))
        .isEqualTo(new SeenRegion(0, -80, 640, 640));
  }

  @ParameterizedTest
  @CsvSource({
    "nearest,20,45", "nearest,80,11", "bilinear,20,45", "bilinear,80,11",
    "bicubic,20,45", "bicubic,80,11", "lanczos,20,45", "lanczos,80,11"
  })
  void resizesAsPillowDoes(String resample, int width, int height) {
    Preprocessing exact =
        DEMO.toBuilder()
            .setShortestEdge(0)
            .setResizeWidth(width)
            .setResizeHeight(height)
            .clearCropHeight()
            .clearCropWidth()
            .setResample(resample)
            .build();
    Picture expected =
        SamplePictures.picture("resized/" + resample + "-" + width + "x" + height + ".png");
    byte[] resized =
        new PicturePreprocessor(manifest(width, height, exact))
            .resized(SamplePictures.picture("rgb8.png"));
    for (int i = 0; i < resized.length; i++) {
      assertThat(resized[i] & 0xFF).isCloseTo(expected.rgb()[i] & 0xFF, within(1));
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1,192", "192,1", "1,200000", "200000,1", "3,100000", "191,5000"})
  void takesAnyProportions(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    Arrays.fill(rgb, (byte) 100);
    byte[] resized =
        new PicturePreprocessor(manifest(192, 192, DEMO)).resized(new Picture(width, height, rgb));
    byte[] expected = new byte[3 * 192 * 192];
    Arrays.fill(expected, (byte) 100);
    assertThat(resized).isEqualTo(expected);
  }

  @Test
  void leavesAPictureOfTheRightSizeAlone() throws IOException {
    Picture picture = read(GOLDENS.resolve("exact-192x192.png"));
    assertThat(new PicturePreprocessor(manifest(192, 192, DEMO)).resized(picture))
        .isEqualTo(picture.rgb());
  }

  @Test
  void normalisesEachChannelByItself() {
    Preprocessing own =
        DEMO.toBuilder()
            .clearMean()
            .addAllMean(List.of(0.0, 0.5, 1.0))
            .clearStd()
            .addAllStd(List.of(1.0, 0.5, 0.25))
            .build();
    byte[] rgb = new byte[3 * 192 * 192];
    Arrays.fill(rgb, (byte) 51); // 0.2
    FloatBuffer values =
        new PicturePreprocessor(manifest(192, 192, own)).preprocess(new Picture(192, 192, rgb));
    assertThat(values.get(0)).isCloseTo(0.2f, within(1e-6f));
    assertThat(values.get(192 * 192)).isCloseTo(-0.6f, within(1e-6f));
    assertThat(values.get(2 * 192 * 192)).isCloseTo(-3.2f, within(1e-6f));
  }

  @Test
  void tellsThePartOfAPictureThatTheTowerSees() {
    VisionManifest crops = manifest(192, 192, DEMO);
    assertThat(SeenRegion.of(crops, 640, 480)).isEqualTo(new SeenRegion(80, 0, 480, 480));
    assertThat(SeenRegion.of(crops, 96, 192)).isEqualTo(new SeenRegion(0, 48, 96, 96));

    Preprocessing cropsLess =
        DEMO.toBuilder().clearShortestEdge().setResizeWidth(384).setResizeHeight(192).build();
    assertThat(SeenRegion.of(manifest(192, 192, cropsLess), 640, 480))
        .isEqualTo(new SeenRegion(160, 0, 320, 480));
  }

  @Test
  void refusesStepsThatMissTheTowersSize() {
    for (Preprocessing wrong :
        List.of(
            DEMO.toBuilder().setCropWidth(100).build(),
            DEMO.toBuilder().setShortestEdge(100).build(),
            DEMO.toBuilder().clearCropHeight().clearCropWidth().build(),
            DEMO.toBuilder().setShortestEdge(0).build(),
            DEMO.toBuilder().addSquareBackground(0).build(),
            DEMO.toBuilder().setResample("hamming").build(),
            DEMO.toBuilder().clearMean().build())) {
      assertThatThrownBy(() -> new PicturePreprocessor(manifest(192, 192, wrong)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private Picture read(Path file) throws IOException {
    return reader.read(Files.readAllBytes(file));
  }

  private static VisionManifest manifest(int width, int height, Preprocessing preprocessing) {
    return VisionManifest.newBuilder()
        .setImageWidth(width)
        .setImageHeight(height)
        .setPreprocessing(preprocessing)
        .build();
  }
}
