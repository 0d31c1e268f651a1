"""Exit gates as in DyVTE (arXiv 2411.19628, section 3): logits = W2 * GELU(W1 * x), no biases; class 1 is "exit".

x is a text status: the mean of the text rows after the picture without the last, and the last row, [2 * width]."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from fingerprint import FOLDER, write_config


def hidden_size(width):
    """Half the model's width, as in the paper (2048 at 4096), and never above its 2048 nor below 64."""
    return max(64, min(2048, width // 2))


class Gates(torch.nn.Module):
    """One gate for each layer; they share nothing."""

    def __init__(self, layers, width):
        super().__init__()
        inner = hidden_size(width)
        self.first = torch.nn.Parameter(torch.empty(layers, 2 * width, inner))
        self.second = torch.nn.Parameter(torch.empty(layers, inner, 2))
        for matrices in (self.first, self.second):
            for matrix in matrices:
                torch.nn.init.xavier_uniform_(matrix.data.T)

    def forward(self, features):
        """Logits [samples, layers, 2] of features [samples, layers, 2 * width]."""
        inner = torch.nn.functional.gelu(torch.einsum("slx,lxi->sli", features, self.first))
        return torch.einsum("sli,lic->slc", inner, self.second)

    def margins(self, features):
        """Exit logit minus keep logit. [samples, layers]"""
        logits = self(features)
        return logits[..., 1] - logits[..., 0]


def save(gates: Gates, scale, checkpoint: Path, description):
    """Writes the gates beside the model, as fp16; scale [layers, 2 * width] of the features becomes part of W1."""
    folder = checkpoint / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    first = (gates.first * scale[..., None]).detach()
    tensors = {}
    for layer in range(len(first)):
        tensors[f"layers.{layer}.first.weight"] = first[layer].T.half().contiguous()
        tensors[f"layers.{layer}.second.weight"] = gates.second[layer].detach().T.half().contiguous()
    broken = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if broken:
        raise SystemExit(f"not saved, fp16 cannot hold {broken}: a feature of the text hardly varies; train on more questions")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    write_config(folder, {"layers": list(range(len(first))), "hidden_size": first.shape[-1], **description})
