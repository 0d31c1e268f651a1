"""The trained weights as a Hugging Face checkpoint that transformers loads unmodified."""

from pathlib import Path

import torch
import transformers
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    GenerationConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

import language
import vision
from scene import PATCH, PATCHES, SIDE
from vocabulary import BOS, CHAT_TEMPLATE, EOS, IMAGE, PAD, WORDS, write_tokenizer


def export(run: Path, last: str, out: Path):
    """Writes weights (fp16), configs, tokenizer and chat template."""
    transformers.logging.disable_progress_bar()
    out.mkdir(parents=True, exist_ok=True)
    tower = _below("tower.", torch.load(run / "vision.pt"))
    decoder = _below("language.", torch.load(run / f"{last}.pt"))
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(_config())
    state = model.state_dict()
    ours = _vision(tower) | _decoder(decoder)
    unknown = [name for name in ours if name not in state or state[name].shape != ours[name].shape]
    if unknown:
        raise ValueError(f"transformers has no such tensors: {unknown}")
    # What is missing is the fifth vision block and the norm after it: LLaVA reads the layer before.
    missing = [name for name in state if name not in ours]
    if not all("layers.4." in name or "post_layernorm" in name for name in missing):
        raise ValueError(f"untrained tensors: {missing}")
    model.load_state_dict(state | ours)
    model.generation_config = GenerationConfig(
        bos_token_id=BOS, eos_token_id=EOS, pad_token_id=PAD, do_sample=False, max_new_tokens=64
    )
    model.half().save_pretrained(out)
    write_tokenizer(out)
    processor = LlavaProcessor(
        image_processor=CLIPImageProcessor(
            size={"shortest_edge": SIDE},
            crop_size={"height": SIDE, "width": SIDE},
            image_mean=[0.5] * 3,
            image_std=[0.5] * 3,
            resample=3,
        ),
        tokenizer=PreTrainedTokenizerFast.from_pretrained(out),
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        chat_template=CHAT_TEMPLATE,
        image_token="<image>",
        num_additional_image_tokens=1,
    )
    processor.save_pretrained(out)
    # The processor writes the tokenizer in its own words; the trainer's are the ones that were checked.
    write_tokenizer(out)


def _config():
    return LlavaConfig(
        vision_config=CLIPVisionConfig(
            hidden_size=vision.WIDTH,
            intermediate_size=vision.MLP,
            num_hidden_layers=vision.LAYERS + 1,
            num_attention_heads=vision.HEADS,
            image_size=SIDE,
            patch_size=PATCH,
            projection_dim=vision.WIDTH,
            hidden_act="quick_gelu",
        ),
        text_config=LlamaConfig(
            vocab_size=len(WORDS),
            hidden_size=language.WIDTH,
            intermediate_size=language.MLP,
            num_hidden_layers=language.LAYERS,
            num_attention_heads=language.HEADS,
            num_key_value_heads=language.HEADS,
            max_position_embeddings=1024,
            rms_norm_eps=language.EPSILON,
            rope_parameters={"rope_type": "default", "rope_theta": language.THETA},
            bos_token_id=BOS,
            eos_token_id=EOS,
            pad_token_id=PAD,
            tie_word_embeddings=False,
        ),
        image_token_index=IMAGE,
        image_seq_length=PATCHES,
        projector_hidden_act="gelu",
        vision_feature_layer=-2,
        vision_feature_select_strategy="default",
        tie_word_embeddings=False,
    )


def _below(prefix, state):
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _vision(tower):
    at = "model.vision_tower."
    names = {"start": "embeddings.class_embedding", "position": "embeddings.position_embedding.weight"}
    out = {at + name: tower[ours] for ours, name in names.items()}
    out[at + "embeddings.patch_embedding.weight"] = tower["patch.weight"].view(-1, 3, PATCH, PATCH)
    parts = {
        "norm1": "layer_norm1",
        "norm2": "layer_norm2",
        "q": "self_attn.q_proj",
        "k": "self_attn.k_proj",
        "v": "self_attn.v_proj",
        "out": "self_attn.out_proj",
        "fc1": "mlp.fc1",
        "fc2": "mlp.fc2",
    }
    for kind in ("weight", "bias"):
        out[f"{at}pre_layrnorm.{kind}"] = tower[f"norm.{kind}"]
        for block in range(vision.LAYERS):
            for ours, name in parts.items():
                out[f"{at}encoder.layers.{block}.{name}.{kind}"] = tower[f"blocks.{block}.{ours}.{kind}"]
    return out


def _decoder(decoder):
    at = "model.language_model."
    out = {
        at + "embed_tokens.weight": decoder["embedding"],
        at + "norm.weight": decoder["norm"],
        "lm_head.weight": decoder["head"],
    }
    for number in ("1", "2"):
        for kind in ("weight", "bias"):
            out[f"model.multi_modal_projector.linear_{number}.{kind}"] = decoder[f"projector.fc{number}.{kind}"]
    parts = {
        "norm1": "input_layernorm.weight",
        "norm2": "post_attention_layernorm.weight",
        "q.weight": "self_attn.q_proj.weight",
        "k.weight": "self_attn.k_proj.weight",
        "v.weight": "self_attn.v_proj.weight",
        "o.weight": "self_attn.o_proj.weight",
        "gate.weight": "mlp.gate_proj.weight",
        "up.weight": "mlp.up_proj.weight",
        "down.weight": "mlp.down_proj.weight",
    }
    for layer in range(language.LAYERS):
        for ours, name in parts.items():
            out[f"{at}layers.{layer}.{name}"] = decoder[f"layers.{layer}.{ours}"]
    return out
