package io.winnow.modelkit;

import java.util.List;

/**
 * Where checkpoints keep their tensors; of several places the first that exists counts.
 *
 * @param decoders prefixes of the decoder
 * @param heads names of the vocabulary projection
 * @param towers prefixes of the vision tower
 * @param projectors names of the projector's two layers
 */
record KeyLayout(
    List<String> decoders, List<String> heads, List<String> towers, List<Pair> projectors) {

  /** LlavaForConditionalGeneration, as transformers 4 and 5 write it. */
  static final KeyLayout TRANSFORMERS =
      new KeyLayout(
          List.of("language_model.model.", "model.language_model.", "language_model."),
          List.of("language_model.lm_head.weight", "lm_head.weight"),
          List.of(
              "vision_tower.vision_model.",
              "vision_tower.",
              "model.vision_tower.vision_model.",
              "model.vision_tower."),
          List.of(
              new Pair("multi_modal_projector.linear_1", "multi_modal_projector.linear_2"),
              new Pair(
                  "model.multi_modal_projector.linear_1", "model.multi_modal_projector.linear_2")));

  /** Two linear layers with an activation between them. */
  record Pair(String first, String second) {}
}
