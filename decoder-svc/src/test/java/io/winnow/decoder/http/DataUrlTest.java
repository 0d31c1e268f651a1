package io.winnow.decoder.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DataUrlTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data:image/png;base64,+/8=",
        "DATA:image/png;BASE64,+/8=",
        "data:;base64,+/8=",
        "data:text/html;charset=utf-8;base64,+/8=",
        "data:image/png;base64,%2B%2f8%3D",
        "data:image/png;base64,+/8%3d",
        "data:image/png,%FB%fF",
      })
  void readsEverySpelling(String url) {
    assertThat(DataUrl.matches(url)).isTrue();
    assertThat(DataUrl.decode(url, "url")).containsExactly(0xFB, 0xFF);
  }

  @Test
  void readsLargePictures() {
    byte[] picture = new byte[1 << 20];
    new Random(1).nextBytes(picture);

    String url = "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(picture);

    assertThat(DataUrl.decode(url, "url")).isEqualTo(picture);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "data:image/png;base64 | comma",
        "data:image/png;base64, | no bytes",
        "data:image/png;base64,AAA | multiple of 4",
        "data:image/png;base64,AAAAA | multiple of 4",
        "data:image/png;base64,AA-_ | standard alphabet",
        "data:image/png;base64,AA A | white space",
        "data:image/png;base64,AA%0AA | line break",
        "data:image/png;base64,AA=A | padding",
        "data:image/png;base64,A=== | padding",
        "data:image/png;base64,AA*A | '*'",
        "data:image/png;base64,AAé= | alphabet",
        "data:image/png;base64,AA%4 | two hex digits",
        "data:image/png;base64,AA%zz | two hex digits",
      })
  void saysWhatIsWrong(String url, String hint) {
    assertThatExceptionOfType(ApiErrorException.class)
        .isThrownBy(() -> DataUrl.decode(url, "some.path"))
        .satisfies(
            thrown -> {
              assertThat(thrown.error().message()).contains(hint);
              assertThat(thrown.error().param()).contains("some.path");
              assertThat(thrown.error().code()).isEqualTo("invalid_image_url");
            });
  }
}
