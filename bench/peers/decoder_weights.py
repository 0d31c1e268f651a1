"""The language half of a LLaVA checkpoint."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

PREFIX = "language_model."


def text_config(checkpoint: Path) -> dict:
    return json.loads((checkpoint / "config.json").read_text())["text_config"]


def decoder_weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    """Tensors by their name in a plain Llama, `model.layers.0...`, as fp32."""
    tensors = {}
    for file in sorted(checkpoint.glob("*.safetensors")):
        for name, tensor in load_file(file).items():
            if name.startswith(PREFIX):
                tensors[name.removeprefix(PREFIX)] = tensor.float()
    return tensors
