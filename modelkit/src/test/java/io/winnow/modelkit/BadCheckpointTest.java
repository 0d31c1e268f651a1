package io.winnow.modelkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every checkpoint that cannot be taken is refused with the name of what is wrong. */
class BadCheckpointTest {

  @TempDir Path folder;
  private Path checkpoint;

  @BeforeEach
  void writeCheckpoint() throws IOException {
    checkpoint = RandomCheckpoint.write(folder.resolve("checkpoint"), RandomCheckpoint.Shape.SMALL);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"llava\" | \"qwen2_vl\" | model_type is \"qwen2_vl\", supported: llava",
        "\"clip_vision_model\" | \"pixtral\" | vision_config.model_type is \"pixtral\", supported: clip",
        "\"llama\" | \"phi3\" | text_config.model_type is \"phi3\", supported: llama, mistral, qwen2",
        "\"image_token_index\": 3 | \"image_token_index\": 50 | image_token_index is 50",
        "\"image_token_index\" | \"quantization_config\": {\"bits\": 4}, \"image_token_index\""
            + " | quantization_config is",
        "\"image_token_index\": 3, | '' | image_token_index is missing",
        "\"text_config\" | \"language_config\" | text_config is missing",
        "\"hidden_size\": 64 | \"hidden_size\": \"wide\" | text_config.hidden_size is \"wide\"",
        "\"hidden_size\": 64 | \"hidden_size\": -1 | text_config.hidden_size is -1",
        "\"rope_theta\": 10000.0 | \"rope_scaling\": {\"rope_type\": \"llama3\"}"
            + " | text_config.rope_scaling.factor is missing",
        "\"rope_theta\": 10000.0 | \"rope_scaling\": {\"type\": \"longrope\"}"
            + " | rope_scaling.type is \"longrope\", supported: default, linear",
        "\"rope_theta\": 10000.0 | \"partial_rotary_factor\": 0.5 | partial_rotary_factor",
        "\"rope_theta\": 10000.0 | \"head_dim\": 12 | text_config.head_dim is 12",
        "\"rope_theta\": 10000.0 | \"attention_bias\": true"
            + " | no tensor language_model.model.layers.0.self_attn.q_proj.bias",
        "\"rope_theta\": 10000.0 | \"hidden_act\": \"relu\" | text_config.hidden_act",
        "\"image_token_index\" | \"vision_feature_layer\": [1, 1], \"image_token_index\""
            + " | multi_modal_projector.linear_1.weight has shape [64, 32]",
        "\"image_token_index\" | \"vision_feature_layer\": [0, -3], \"image_token_index\""
            + " | vision_feature_layer is [0,-3]",
        "\"image_token_index\" | \"vision_feature_layer\": 7, \"image_token_index\""
            + " | vision_feature_layer is 7",
        "\"image_token_index\" | \"vision_feature_select_strategy\": \"full\","
            + " \"image_token_index\" | vision_feature_select_strategy",
        "\"image_size\": 16 | \"image_size\": 18 | vision_config.image_size",
        "\"num_key_value_heads\": 2 | \"num_key_value_heads\": 3 | num_key_value_heads",
        "\"num_hidden_layers\": 3 | \"num_hidden_layers\": 4"
            + " | language_model.model.layers.3.input_layernorm.weight",
        "\"intermediate_size\": 96 | \"intermediate_size\": 97"
            + " | layers.0.mlp.gate_proj.weight has shape [96, 64], config.json asks for [97, 64]",
        "} | ] | config.json is not valid JSON"
      })
  void namesTheKeyOrTensorThatConfigJsonGetsWrong(String from, String to, String message)
      throws IOException {
    replace("config.json", from, to);
    assertRefused(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"crop_size\": 16 | \"crop_size\": 17 | crop_size is 17",
        "\"size\": 16 | \"do_pad\": true, \"size\": 16 | do_pad",
        "\"size\": 16 | \"resample\": 9, \"size\": 16 | resample is 9",
        "\"image_mean\": [0, 0, 0] | \"image_mean\": [0] | image_mean",
        "\"image_std\" | \"deviation\" | image_std is missing"
      })
  void namesTheKeyThatThePreprocessorGetsWrong(String from, String to, String message)
      throws IOException {
    replace("preprocessor_config.json", from, to);
    assertRefused(message);
  }

  @ParameterizedTest
  @CsvSource({
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "preprocessor_config.json"
  })
  void namesAMissingFile(String file) throws IOException {
    Files.delete(checkpoint.resolve(file));
    assertRefused(file);
  }

  @Test
  void saysWhatAnOriginalCheckpointLacks() throws IOException {
    replace(
        "config.json",
        "\"image_token_index\"",
        "\"mm_vision_tower\": \"openai/clip\", \"mm_projector_type\": \"mlp2x_gelu\", \"image_token_index\"");
    Files.delete(checkpoint.resolve("tokenizer.json"));
    replace("tokenizer_config.json", "chat_template", "template");
    assertRefused(
        "lacks vision_tower/config.json of openai/clip, vision_tower/preprocessor_config.json of"
            + " openai/clip, tokenizer.json with the token <image>, chat_template.jinja: see");
  }

  @Test
  void saysHowToMakeATokenizerJson() throws IOException {
    Files.move(checkpoint.resolve("tokenizer.json"), checkpoint.resolve("tokenizer.model"));
    assertRefused("has a tokenizer.model and no tokenizer.json");
  }

  @ParameterizedTest
  @CsvSource({
    "mm_projector_type, '\"linear\"', mm_projector_type is \"linear\"",
    "mm_use_im_start_end, true, mm_use_im_start_end",
    "model_type, '\"llava_mpt\"', model_type is \"llava_mpt\"",
    "image_aspect_ratio, '\"anyres\"', image_aspect_ratio is \"anyres\"",
    "mm_vision_select_feature, '\"cls_patch\"', mm_vision_select_feature",
    "mm_vision_select_layer, -5, mm_vision_select_layer is -5"
  })
  void namesTheKeyThatAnOriginalCheckpointGetsWrong(String key, String value, String message)
      throws IOException {
    checkpoint =
        FamilyGolden.read("llama-grouped").writeOriginalCheckpoint(folder.resolve("original"), 144);
    String config = Files.readString(checkpoint.resolve("config.json"));
    Files.writeString(
        checkpoint.resolve("config.json"),
        config.replaceFirst("\\}$", ",\"%s\":%s}".formatted(key, value)));
    assertRefused(message);
  }

  @Test
  void namesAMissingChatTemplate() throws IOException {
    replace("tokenizer_config.json", "chat_template", "template");
    assertRefused("put one into chat_template.jinja");
  }

  @Test
  void namesAnImageTokenThatTheTokenizerLacks() throws IOException {
    replace("tokenizer.json", "\"id\": 3", "\"id\": 4");
    assertRefused("added_tokens has no token 3");
  }

  @Test
  void namesTheTensorWhereAFileEndsTooEarly() throws IOException {
    truncate(Files.size(checkpoint.resolve("model.safetensors")) - 1);
    assertRefused("model.safetensors is truncated: tensor vision_tower");
  }

  @ParameterizedTest
  @CsvSource({"0", "7", "8", "100"})
  void recognisesAFileWithoutAWholeHeader(long size) throws IOException {
    truncate(size);
    assertRefused("model.safetensors is truncated");
  }

  @Test
  void recognisesAFileThatIsNoSafetensorsFile() throws IOException {
    Files.writeString(checkpoint.resolve("model.safetensors"), "<html>Not found</html>");
    assertRefused("model.safetensors is not a safetensors file");
  }

  @Test
  void recognisesAPointerOfGitLfs() throws IOException {
    Files.writeString(checkpoint.resolve("model.safetensors"), "version https://git-lfs");
    assertRefused("fetch it with git lfs pull");
  }

  @ParameterizedTest
  @CsvSource({
    "'\"dtype\":\"F32\"', '\"dtype\":\"I32\"', has dtype I32",
    "'\"data_offsets\":[0,', '\"data_offsets\":[4,', lm_head.weight has data_offsets",
    "'\"shape\":[50,64]', '\"shape\":[50,-4]', lm_head.weight has",
    "language_model.lm_head, language_model.lm_haed, no tensor language_model.lm_head.weight"
  })
  void namesTheTensorWhoseHeaderEntryIsWrong(String from, String to, String message)
      throws IOException {
    RandomCheckpoint.editHeader(checkpoint.resolve("model.safetensors"), from, to);
    assertRefused(message);
  }

  private void replace(String file, String from, String to) throws IOException {
    String text = Files.readString(checkpoint.resolve(file));
    assertThat(text).contains(from);
    Files.writeString(checkpoint.resolve(file), text.replace(from, to));
  }

  private void truncate(long size) throws IOException {
    Path file = checkpoint.resolve("model.safetensors");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  private void assertRefused(String message) {
    ExportRequest request = ExportRequest.of(checkpoint, folder.resolve("repository"), "bad");
    assertThatThrownBy(() -> Exporter.export(request, (file, done, total) -> {}))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining(message);
    assertThat(folder.resolve("repository/bad-decoder")).doesNotExist();
  }
}
