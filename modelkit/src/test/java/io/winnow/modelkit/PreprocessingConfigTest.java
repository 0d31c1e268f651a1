package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.modelkit.CheckpointConfig.Pictures;
import io.winnow.v1.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreprocessingConfigTest {

  @TempDir Path checkpoint;

  @Test
  void readsTheImageProcessorOfAProcessorConfig() throws IOException {
    write(
        "processor_config.json",
        """
        {"image_processor": {
          "size": {"shortest_edge": 32}, "crop_size": {"height": 16, "width": 16}, "resample": 2,
          "rescale_factor": 0.5, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}}
        """);
    write("preprocessor_config.json", "{}");
    Preprocessing result = PreprocessingConfig.read(new Pictures(checkpoint, false), 16);
    assertThat(result.getShortestEdge()).isEqualTo(32);
    assertThat(result.getCropHeight()).isEqualTo(16);
    assertThat(result.getCropWidth()).isEqualTo(16);
    assertThat(result.getResample()).isEqualTo("bilinear");
    assertThat(result.getRescaleFactor()).isEqualTo(0.5);
    assertThat(result.getMeanList()).containsExactly(0.1, 0.2, 0.3);
    assertThat(result.getStdList()).containsExactly(0.4, 0.5, 0.6);
  }

  @Test
  void readsAPreprocessorConfigBesideAProcessorConfigWithoutImageProcessor() throws IOException {
    write("processor_config.json", "{\"patch_size\": 14}");
    write(
        "preprocessor_config.json",
        """
        {"size": {"height": 16, "width": 16}, "do_center_crop": false, "do_rescale": false,
         "do_normalize": false}
        """);
    Preprocessing result = PreprocessingConfig.read(new Pictures(checkpoint, false), 16);
    assertThat(result.getShortestEdge()).isZero();
    assertThat(result.getResizeHeight()).isEqualTo(16);
    assertThat(result.getResizeWidth()).isEqualTo(16);
    assertThat(result.getCropHeight()).isZero();
    assertThat(result.getResample()).isEqualTo("bicubic");
    assertThat(result.getRescaleFactor()).isEqualTo(1);
    assertThat(result.getMeanList()).containsExactly(0.0, 0.0, 0.0);
    assertThat(result.getStdList()).containsExactly(1.0, 1.0, 1.0);
  }

  @Test
  void readsSizesThatAreOneNumber() throws IOException {
    write(
        "preprocessor_config.json",
        "{\"size\": 24, \"crop_size\": 16, \"image_mean\": [0, 0, 0], \"image_std\": [1, 1, 1]}");
    Preprocessing result = PreprocessingConfig.read(new Pictures(checkpoint, false), 16);
    assertThat(result.getShortestEdge()).isEqualTo(24);
    assertThat(result.getCropHeight()).isEqualTo(16);
  }

  @Test
  void cropsNothingForSiglipUnlessAsked() throws IOException {
    write(
        "preprocessor_config.json",
        """
        {"image_processor_type": "SiglipImageProcessor", "size": {"height": 16, "width": 16},
         "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
        """);
    Preprocessing result = PreprocessingConfig.read(new Pictures(checkpoint, false), 16);
    assertThat(result.getResizeHeight()).isEqualTo(16);
    assertThat(result.getCropHeight()).isZero();
    assertThat(result.getSquareBackgroundList()).isEmpty();
  }

  @Test
  void laysPicturesOnASquareOfTheMeanColour() throws IOException {
    String sizes = "\"size\": 16, \"crop_size\": 16, \"image_mean\": [0.5, 0.25, 1]";
    write("preprocessor_config.json", "{%s, \"image_std\": [1, 1, 1]}".formatted(sizes));
    assertThat(
            PreprocessingConfig.read(new Pictures(checkpoint, true), 16).getSquareBackgroundList())
        .containsExactly(127, 63, 255);
    write(
        "preprocessor_config.json",
        "{%s, \"image_std\": [1, 1, 1], \"do_pad\": true, %s}"
            .formatted(sizes, "\"image_processor_type\": \"LlavaImageProcessorFast\""));
    assertThat(
            PreprocessingConfig.read(new Pictures(checkpoint, false), 16).getSquareBackgroundList())
        .containsExactly(127, 63, 255);
  }

  private void write(String file, String json) throws IOException {
    Files.writeString(checkpoint.resolve(file), json);
  }
}
