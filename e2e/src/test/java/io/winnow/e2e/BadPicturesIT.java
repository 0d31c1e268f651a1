package io.winnow.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.e2e.Api.Reply;
import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Odd pictures are read right or refused in words; the next request always works. */
@ExtendWith(SharedMesh.class)
class BadPicturesIT {

  private static final DemoQuestion QUESTION = DemoQuestion.TELLING;

  private Api api;
  private byte[] png;
  private BufferedImage picture;

  @BeforeEach
  void read(TestMesh mesh) throws Exception {
    api = new Api(mesh.url());
    png = QUESTION.pictureBytes();
    picture = PictureFiles.read(png);
  }

  @AfterEach
  void theNextRequestWorks() throws Exception {
    assertThat(api.post(Api.question(QUESTION)).answer()).isEqualTo(QUESTION.answer());
  }

  @Test
  void readsTheFirstFrameOfAnAnimatedGif() throws Exception {
    assertReadRight(PictureFiles.animatedGif(picture, 3));
  }

  @Test
  void readsSixteenBitPng() throws Exception {
    assertReadRight(PictureFiles.sixteenBitPng(picture));
  }

  @Test
  void readsPalettePng() throws Exception {
    assertReadRight(PictureFiles.palettePng(picture));
  }

  @Test
  void turnsAJpegAsItsExifOrientationSays() throws Exception {
    assertReadRight(PictureFiles.exifRotatedJpeg(picture));
  }

  @Test
  void readsCmykJpeg() throws Exception {
    assertReadRight(PictureFiles.cmykJpeg(picture));
  }

  @Test
  void refusesWhatIsNotAPicture() throws Exception {
    assertUnreadable("just some text".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void refusesATruncatedPicture() throws Exception {
    assertUnreadable(Arrays.copyOf(png, png.length / 2));
  }

  @Test
  void refusesATruncatedJpeg() throws Exception {
    byte[] jpeg = PictureFiles.jpeg(picture);
    assertUnreadable(Arrays.copyOf(jpeg, jpeg.length / 2));
  }

  @Test
  void refusesAnEmptyFile() throws Exception {
    Reply reply = ask(new byte[0]);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.message()).isNotBlank();
  }

  @Test
  void refusesAHundredMegapixelsWithoutDecodingThem() throws Exception {
    Reply reply = ask(PictureFiles.pngThatClaims(10_000, 10_000));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("image_too_large");
    assertThat(reply.message()).containsIgnoringCase("pixel");
  }

  @Test
  void refusesAPictureThatClaimsMorePixelsThanAnIntHolds() throws Exception {
    Reply reply = ask(PictureFiles.pngThatClaims(Integer.MAX_VALUE, Integer.MAX_VALUE));

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isIn("image_too_large", "invalid_image");
  }

  private void assertReadRight(byte[] file) throws Exception {
    Reply reply = ask(file);

    assertThat(reply.status()).as(reply.message()).isEqualTo(200);
    assertThat(reply.answer()).isEqualTo(QUESTION.answer());
  }

  private void assertUnreadable(byte[] file) throws Exception {
    Reply reply = ask(file);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("invalid_image");
    assertThat(reply.message()).isNotBlank().doesNotContain("Exception");
    assertThat(reply.param()).startsWith("messages[0].content[0]");
  }

  private Reply ask(byte[] file) throws Exception {
    return api.post(Api.question(file, QUESTION.text()));
  }
}
