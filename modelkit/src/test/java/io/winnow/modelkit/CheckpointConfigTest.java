package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.winnow.modelkit.CheckpointConfig.Projector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointConfigTest {

  @TempDir Path checkpoint;

  /** llava-1.5 checkpoints state only what differs from the configuration classes. */
  @Test
  void fillsInTheDefaultsOfTheConfigurationClasses() throws IOException {
    CheckpointConfig config =
        read(
            """
            {"model_type": "llava", "image_token_index": 32000,
             "text_config": {"model_type": "llama", "vocab_size": 32064, "rms_norm_eps": 1e-05,
                             "max_position_embeddings": 4096},
             "vision_config": {"model_type": "clip_vision_model", "hidden_size": 1024,
                               "image_size": 336, "patch_size": 14, "num_hidden_layers": 24,
                               "num_attention_heads": 16, "intermediate_size": 4096}}
            """);
    DecoderShape text = config.text();
    Rope rope = text.rope();
    assertThat(text)
        .isEqualTo(
            new DecoderShape(
                4096, 11008, 32, 32, 32, 128, 32064, 4096, 1e-5f, rope, Set.of(), false));
    assertThat(rope.frequencies()).hasSize(64).startsWith(1f, (float) Math.pow(10_000, -1 / 64.0));
    assertThat(rope.amplitude()).isEqualTo(1);
    assertThat(config.vision())
        .isEqualTo(
            new TowerShape(
                1024, 4096, 24, 16, 336, 14, Activation.QUICK_GELU, 1e-5f, true, true, false));
    assertThat(config.features().layers()).containsExactly(23);
    assertThat(config.vision().patches()).isEqualTo(576);
    assertThat(config.projector()).isEqualTo(new Projector(Activation.GELU, true));
  }

  @Test
  void prefersTheNewNamesOfKeys() throws IOException {
    CheckpointConfig config =
        read(
            """
            {"model_type": "llava", "image_token_id": 7, "vision_feature_layer": 12,
             "tie_word_embeddings": true,
             "text_config": {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5},
                             "hidden_size": 64, "num_attention_heads": 4, "head_dim": 8,
                             "num_key_value_heads": 1},
             "vision_config": {}}
            """);
    assertThat(config.imageTokenId()).isEqualTo(7);
    assertThat(config.features().deepest()).isEqualTo(12);
    assertThat(config.text().rope().frequencies().get(1)).isEqualTo((float) Math.pow(5e5, -0.25));
    assertThat(config.text().headDim()).isEqualTo(8);
    assertThat(config.text().kvHeads()).isEqualTo(1);
    assertThat(config.text().tiedEmbeddings()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "mistral | \"x\": 0 | 4096", // the class's own window
        "mistral | \"sliding_window\": null | 131072",
        "mistral | \"sliding_window\": null, \"max_position_embeddings\": 32768 | 32768",
        "mistral | \"sliding_window\": 8192, \"max_position_embeddings\": 4096 | 4096",
        "qwen2 | \"sliding_window\": 64 | 32768", // not used
        "qwen2 | \"use_sliding_window\": true, \"sliding_window\": 64 | 64",
        "qwen2 | \"use_sliding_window\": true, \"max_window_layers\": 32 | 32768",
        "qwen2 | \"use_sliding_window\": true, \"layer_types\": [\"full_attention\"] | 32768",
        "llama | \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.5} | 5120",
        "llama | \"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2.0} | 2048",
        "llama | \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0} | 8192",
        "llama | \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0,"
            + " \"original_max_position_embeddings\": 256} | 2048"
      })
  void givesTheContextThatTheGraphsAreExactFor(String decoder, String keys, int context)
      throws IOException {
    CheckpointConfig config =
        read(
            """
            {"model_type": "llava", "image_token_index": 5, "vision_config": {},
             "text_config": {"model_type": "%s", %s}}
            """
                .formatted(decoder, keys));
    assertThat(config.text().contextLength()).isEqualTo(context);
  }

  @Test
  void tellsMissingKeyValueHeadsFromNone() throws IOException {
    String json =
        """
        {"model_type": "llava", "image_token_index": 5, "vision_config": {},
         "text_config": {"model_type": "mistral"%s}}
        """;
    assertThat(read(json.formatted("")).text().kvHeads()).isEqualTo(8);
    assertThat(read(json.formatted(", \"num_key_value_heads\": null")).text().kvHeads())
        .isEqualTo(32);
  }

  @Test
  void takesYarnsOwnAttentionFactor() throws IOException {
    String json =
        """
        {"model_type": "llava", "image_token_index": 5, "vision_config": {},
         "text_config": {"rope_scaling": {"rope_type": "yarn", "factor": 4.0%s}}}
        """;
    assertThat(read(json.formatted("")).text().rope().amplitude())
        .isEqualTo((float) (0.1 * Math.log(4) + 1));
    assertThat(read(json.formatted(", \"attention_factor\": 1.5")).text().rope().amplitude())
        .isEqualTo(1.5f);
    assertThat(
            read(json.formatted(", \"mscale\": 1.0, \"mscale_all_dim\": 1.0"))
                .text()
                .rope()
                .amplitude())
        .isEqualTo(1);
  }

  private CheckpointConfig read(String json) throws IOException {
    Files.writeString(checkpoint.resolve("config.json"), json);
    return CheckpointConfig.read(checkpoint);
  }
}
