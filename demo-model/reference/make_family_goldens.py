"""Makes the goldens of the model families, from random models and tiny tokenizers.

Run it from any folder, with the packages of requirements.txt installed:

    python demo-model/reference/make_family_goldens.py

It needs no checkpoint, no network and no GPU, is deterministic, and writes into
demo-model/goldens/families. The fields of every file are described in its README.md.
"""

import json
import re

import torch
from transformers import LlavaConfig, LlavaForConditionalGeneration

import generated_weights
from checkpoint import FORCED_STEPS, GOLDENS, rounded, smallest_margin
from family_configs import FAMILIES, IMAGE_TOKEN, VOCABULARY
from family_picture_goldens import write_family_pictures
from family_text_goldens import write_family_text

FOLDER = GOLDENS / "families"
FEATURE_ROWS = 6
LOGIT_ROWS = 3
SALIENCIES = 64
SMALLEST_MARGIN = 2e-3
DISTINCT_TOKENS = 6

# transformers 5's own names of parameters -> those of checkpoints that transformers 4 wrote.
OLD_KEYS = [
    (r"^lm_head\.", "language_model.lm_head."),
    (r"^model\.language_model\.", "language_model.model."),
    (r"^model\.vision_tower\.", "vision_tower.vision_model."),
    (r"^model\.multi_modal_projector\.", "multi_modal_projector."),
]


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    write_family_text(FOLDER / "text")
    write_family_pictures(FOLDER / "pictures")
    for family in FAMILIES:
        _write(family)


def _write(family):
    """Takes the first salt with which no two logits are too close and the answer is no stutter."""
    attempt = 0
    while True:
        golden, margin = _golden(family, f"{family.name}/{attempt}/")
        if margin > SMALLEST_MARGIN and len(set(golden["token_ids"])) >= DISTINCT_TOKENS:
            break
        attempt += 1
    path = FOLDER / f"{family.name}.json"
    path.write_text("{\n" + ",\n".join(_entries(golden)) + "\n}\n", encoding="utf-8")
    print(f"{family.name}: salt {golden['salt']}, margin {margin:.1e}, tokens {golden['token_ids']}")


def _entries(golden):
    """One line for each key, and for each row of what is long."""
    for key, value in golden.items():
        if key in ("logits", "saliency"):
            rows = ",\n".join(json.dumps(row) for row in value)
            yield f"{json.dumps(key)}: [\n{rows}\n]"
        else:
            yield f"{json.dumps(key)}: {json.dumps(value)}"


def _golden(family, salt):
    model, tensors = _model(family, salt)
    pixels = _pixels(family, salt)
    prompt_ids = _prompt_ids(family, salt)
    attentions = model.model.vision_tower(pixels, output_attentions=True).attentions
    features = model.get_image_features(pixel_values=pixels).pooler_output
    logit_rows, tokens, logits = _forced_greedy(model, _expanded(prompt_ids, features), pixels)
    rows = [row * features[0].shape[0] // FEATURE_ROWS for row in range(FEATURE_ROWS)]
    golden = {
        "salt": salt,
        "config": family.config,
        "dtype": family.dtype,
        "shards": family.shards,
        "tensors": {name: list(shape) for name, shape in tensors.items()},
        "pictures": family.pictures,
        "prompt_ids": prompt_ids,
        "feature_rows": rows,
        "features": [rounded(features[picture][rows]) for picture in range(family.pictures)],
        "saliency": rounded(_saliency(model.config, attentions)[:, :SALIENCIES]),
        "logit_rows": logit_rows,
        "token_ids": tokens,
        "logits": rounded(logits),
    }
    return golden, smallest_margin(logits[LOGIT_ROWS - 1 :]) / float(logits.abs().max())


def _model(family, salt):
    """The model with the formula's weights in fp32, and the checkpoint's tensors by name."""
    config = LlavaConfig.from_dict(family.config)
    config._attn_implementation = "eager"
    model = LlavaForConditionalGeneration._from_config(config, attn_implementation="eager").eval().float()
    state, tensors = {}, {}
    for name, parameter in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        key = _old_key(name) if family.old_keys else name
        tensors[key] = parameter.shape
        state[name] = generated_weights.tensor(salt, key, parameter.shape, getattr(torch, family.dtype))
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.tie_weights()
    return model, tensors


def _old_key(name):
    for pattern, replacement in OLD_KEYS:
        name = re.sub(pattern, replacement, name)
    return name


def _pixels(family, salt):
    size = family.config["vision_config"]["image_size"]
    shape = (family.pictures, 3, size, size)
    values = generated_weights.uniform(salt + "pixel_values", int(torch.Size(shape).numel()))
    return torch.from_numpy(values).float().reshape(shape)


def _prompt_ids(family, salt):
    """Text with the pictures spread over it, one image token for each."""
    first = IMAGE_TOKEN + 1
    drawn = generated_weights.integers(salt + "prompt", family.text_tokens, VOCABULARY - first)
    ids = [first + value for value in drawn]
    for picture in reversed(range(family.pictures)):
        ids.insert(2 + picture * family.text_tokens // (family.pictures + 1), IMAGE_TOKEN)
    return ids


def _expanded(prompt_ids, features):
    visual = features[0].shape[0]
    return [token for token in prompt_ids for _ in range(visual if token == IMAGE_TOKEN else 1)]


def _saliency(config, attentions):
    """Attention that each patch receives in the deepest feature layer. [pictures, patches]"""
    layers = config.vision_feature_layer
    count = config.vision_config.num_hidden_layers
    chosen = layers if isinstance(layers, list) else [layers]
    deepest = max(layer + count + 1 if layer < 0 else layer for layer in chosen)
    weights = attentions[deepest - 1].mean(dim=1)  # [pictures, tokens, tokens]
    if config.vision_config.model_type == "clip_vision_model":
        return weights[:, 0, 1:]
    return weights.mean(dim=1)


def _forced_greedy(model, ids, pixels):
    """Some rows of the prefill, its last one, and a row for each of the greedy steps."""
    output = model(input_ids=torch.tensor([ids]), pixel_values=pixels, use_cache=True)
    logit_rows = [row * (len(ids) - 1) // (LOGIT_ROWS - 1) for row in range(LOGIT_ROWS)]
    rows, tokens = [output.logits[0, row] for row in logit_rows], []
    for _ in range(FORCED_STEPS):
        tokens.append(int(rows[-1].argmax()))
        output = model(
            input_ids=torch.tensor([[tokens[-1]]]), past_key_values=output.past_key_values, use_cache=True
        )
        rows.append(output.logits[0, -1])
    return logit_rows, tokens, torch.stack(rows)


if __name__ == "__main__":
    main()
