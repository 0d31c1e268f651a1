"""Small random configurations of every family that modelkit exports, as their config.json has them.

Each entry: the config.json, the dtype and the number of files of the checkpoint, whether its keys
are the old ones ("language_model.model.layers...") or transformers 5's ("model.language_model...."),
the pictures of the prompt and the length of its text.
"""

from dataclasses import dataclass

IMAGE_TOKEN = 3
VOCABULARY = 144


@dataclass(frozen=True)
class Family:
    name: str
    config: dict
    dtype: str = "float32"
    shards: int = 1
    old_keys: bool = False
    pictures: int = 1
    text_tokens: int = 24


def _llava(text, vision, **others):
    return {
        "architectures": ["LlavaForConditionalGeneration"],
        "model_type": "llava",
        "image_token_index": IMAGE_TOKEN,
        "text_config": {"vocab_size": VOCABULARY, "num_hidden_layers": 2, **text},
        "vision_config": vision,
        **others,
    }


def _clip(**others):
    return {
        "model_type": "clip_vision_model",
        "hidden_size": 48,
        "intermediate_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 3,
        "image_size": 24,
        "patch_size": 6,
        "projection_dim": 16,
        **others,
    }


def _siglip(**others):
    return {
        "model_type": "siglip_vision_model",
        "hidden_size": 40,
        "intermediate_size": 72,
        "num_hidden_layers": 2,
        "num_attention_heads": 5,
        "image_size": 32,  # leaves a border of four pixels out
        "patch_size": 7,
        "vision_use_head": False,
        **others,
    }


def _llama(**others):
    return {
        "model_type": "llama",
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-5,
        **others,
    }


def _qwen2(**others):
    return {
        "model_type": "qwen2",
        "hidden_size": 56,
        "intermediate_size": 80,
        "num_attention_heads": 7,
        "num_key_value_heads": 1,
        "max_position_embeddings": 256,
        **others,
    }


FAMILIES = [
    # As llava-1.5-7b-hf looks: old keys, few values stated.
    Family("llama-grouped", _llava(_llama(rope_theta=50_000.0), _clip()), dtype="float16", old_keys=True),
    # BakLLaVA: Mistral's sliding window is the class's default, 4,096, and bounds the context.
    Family(
        "mistral-4096",
        _llava(
            {
                "model_type": "mistral",
                "hidden_size": 48,
                "intermediate_size": 64,
                "num_attention_heads": 6,
                "num_key_value_heads": 3,
                "max_position_embeddings": 32_768,
                "rope_theta": 10_000.0,
            },
            _clip(hidden_size=24, intermediate_size=32, num_hidden_layers=2, image_size=48, patch_size=2),
        ),
        dtype="bfloat16",
        shards=3,
        old_keys=True,
        pictures=6,
        text_tokens=620,
    ),
    Family(
        "mistral-head-dim",
        _llava(
            {
                "model_type": "mistral",
                "hidden_size": 80,
                "intermediate_size": 96,
                "num_attention_heads": 4,
                "num_key_value_heads": 4,
                "head_dim": 40,
                "sliding_window": None,
                "max_position_embeddings": 512,
                "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
            },
            _clip(hidden_act="gelu", layer_norm_eps=1e-6),
            vision_feature_layer=[-2, 1, -1],
            multimodal_projector_bias=False,
            projector_hidden_act="gelu_pytorch_tanh",
        ),
        shards=2,
        pictures=2,
    ),
    # As llava-interleave-qwen-0.5b-hf looks.
    Family(
        "qwen2-siglip",
        _llava(
            _qwen2(
                tie_word_embeddings=True,
                use_sliding_window=False,
                sliding_window=64,
                rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
            ),
            _siglip(),
            vision_feature_layer=-1,
            vision_feature_select_strategy="full",
            tie_word_embeddings=True,
        ),
        dtype="bfloat16",
        pictures=3,
    ),
    Family(
        "qwen2-yarn",
        _llava(
            _qwen2(
                num_attention_heads=7,
                num_key_value_heads=7,
                rope_theta=10_000.0,
                rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64},
            ),
            _siglip(hidden_act="gelu", num_hidden_layers=3),
            vision_feature_select_strategy="full",
        ),
        dtype="float16",
        shards=2,
    ),
    # Three heads of 24.
    Family(
        "llama3-odd-heads",
        _llava(
            _llama(
                hidden_size=72,
                num_attention_heads=3,
                num_key_value_heads=1,
                attention_bias=True,
                mlp_bias=True,
                rope_parameters={
                    "rope_type": "llama3",
                    "rope_theta": 500_000.0,
                    "factor": 8.0,
                    "low_freq_factor": 1.0,
                    "high_freq_factor": 4.0,
                    "original_max_position_embeddings": 64,
                },
            ),
            _clip(),
            vision_feature_layer=1,
        ),
    ),
    Family(
        "llama-linear",
        _llava(
            _llama(num_key_value_heads=8, rope_theta=10_000.0, rope_scaling={"type": "linear", "factor": 4.0}),
            _clip(),
        ),
        old_keys=True,
        pictures=2,
    ),
    Family(
        "llama-dynamic",
        _llava(
            _llama(rope_scaling={"rope_type": "dynamic", "factor": 2.0}, tie_word_embeddings=True),
            _clip(),
            vision_feature_layer=-1,
        ),
    ),
]
