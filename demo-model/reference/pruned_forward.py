"""A slow decoder that removes visual tokens while it runs, in plain torch over the raw weights.

Every layer attends over all rows that entered it and caches their keys and values. Right after
attention and before o_proj, visual rows leave the attention output, the residual and the
positions; the rows that stay keep their original positions. Text rows never leave.
"""

from dataclasses import dataclass, field

import torch
from safetensors.torch import load_file

PREFIX = "language_model.model."


@dataclass(frozen=True)
class Pruning:
    """keep[l] is the number of visual tokens that leave layer l; scores serve the ranking "given"."""

    keep: list
    ranking: str
    scores: torch.Tensor | None = None  # [visual]


@dataclass
class Trace:
    """What a prefill saw: layer -> ... ; only layers that dropped something are in kept and importance."""

    kept: dict = field(default_factory=dict)  # visual indices that left the layer
    importance: dict = field(default_factory=dict)  # scores of the visual tokens that entered the layer
    outputs: list = field(default_factory=list)  # hidden states after each layer


class PrunedDecoder:
    """One generation at a time: prefill once, then step token by token."""

    def __init__(self, weights_path, config):
        self.weights = {name: tensor.float() for name, tensor in load_file(weights_path).items()}
        self.layers = config.num_hidden_layers
        self.heads = config.num_attention_heads
        self.head_dim = config.head_dim
        self.epsilon = config.rms_norm_eps
        exponents = torch.arange(0, self.head_dim, 2).float() / self.head_dim
        self.frequencies = 1.0 / config.rope_parameters["rope_theta"] ** exponents

    def embed(self, ids):
        return self.weights[PREFIX + "embed_tokens.weight"][ids]

    def prefill(self, hidden, visual, pruning):
        """Runs the prompt and returns the last position's logits and a Trace.

        hidden: embeddings with the visual tokens in place [rows, width]; visual: row -> index of the
        visual token, or -1 for text [rows].
        """
        self.cache = [(torch.empty(0), torch.empty(0))] * self.layers
        self.next_position = hidden.shape[0]
        positions, trace = torch.arange(hidden.shape[0]), Trace()
        for layer in range(self.layers):
            attended, attention = self._attend(layer, hidden, positions)
            if pruning.keep[layer] < int((visual >= 0).sum()):
                score = _score(attention, visual, pruning)
                stays = _rows_that_stay(score, visual, pruning.keep[layer])
                attended, hidden = attended[stays], hidden[stays]
                positions, visual = positions[stays], visual[stays]
                trace.importance[layer] = score
                trace.kept[layer] = visual[visual >= 0]
            hidden = self._finish(layer, hidden, attended)
            trace.outputs.append(hidden)
        return self._logits(hidden[-1]), trace

    def step(self, token):
        """Runs one new token; its position continues from the unpruned length of the prompt."""
        hidden, positions = self.embed(torch.tensor([token])), torch.tensor([self.next_position])
        self.next_position += 1
        for layer in range(self.layers):
            attended, _ = self._attend(layer, hidden, positions)
            hidden = self._finish(layer, hidden, attended)
        return self._logits(hidden[-1])

    def _attend(self, layer, hidden, positions):
        """Attention output before o_proj [rows, width] and probabilities [heads, rows, keys]."""
        normed = self._norm(hidden, self._weight(layer, "input_layernorm"))
        query, key, value = (
            (normed @ self._weight(layer, f"self_attn.{name}_proj").T)
            .view(-1, self.heads, self.head_dim)
            .transpose(0, 1)
            for name in "qkv"
        )
        query, key = self._rotate(query, positions), self._rotate(key, positions)
        cached_key, cached_value = self.cache[layer]
        if cached_key.numel():
            key = torch.cat([cached_key, key], dim=1)
            value = torch.cat([cached_value, value], dim=1)
        self.cache[layer] = (key, value)
        scores = query @ key.transpose(1, 2) / self.head_dim**0.5
        rows, keys = scores.shape[1:]
        future = torch.ones(rows, keys, dtype=torch.bool).triu(keys - rows + 1)
        attention = scores.masked_fill(future, float("-inf")).softmax(dim=-1)
        return (attention @ value).transpose(0, 1).flatten(1), attention

    def _finish(self, layer, hidden, attended):
        """o_proj, residual and MLP."""
        hidden = hidden + attended @ self._weight(layer, "self_attn.o_proj").T
        normed = self._norm(hidden, self._weight(layer, "post_attention_layernorm"))
        gate = torch.nn.functional.silu(normed @ self._weight(layer, "mlp.gate_proj").T)
        up = normed @ self._weight(layer, "mlp.up_proj").T
        return hidden + (gate * up) @ self._weight(layer, "mlp.down_proj").T

    def _logits(self, row):
        normed = self._norm(row, self.weights[PREFIX + "norm.weight"])
        return self.weights["language_model.lm_head.weight"] @ normed

    def _rotate(self, heads, positions):
        angles = positions.float()[:, None] * self.frequencies
        cos, sin = angles.cos(), angles.sin()
        first, second = heads.chunk(2, dim=-1)
        return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)

    def _norm(self, hidden, weight):
        return weight * hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + self.epsilon)

    def _weight(self, layer, name):
        return self.weights[f"{PREFIX}layers.{layer}.{name}.weight"]


def _score(attention, visual, pruning):
    """One score for each visual token that entered the layer, in their order."""
    is_visual = visual >= 0
    if pruning.ranking == "given":
        return pruning.scores[visual[is_visual]]
    if pruning.ranking == "fastv":
        return attention[:, -1, is_visual].mean(dim=0)
    highest = attention.amax(dim=0)[:, is_visual]
    first_visual = int(is_visual.nonzero()[0])
    text_after = ~is_visual & (torch.arange(len(visual)) > first_visual)
    return highest[is_visual].sum(dim=0) * highest[text_after].sum(dim=0)


def _rows_that_stay(score, visual, keep):
    """Text rows and the keep best visual rows; ties go to the lower index. [rows] of bool"""
    best = score.sort(descending=True, stable=True).indices[:keep]
    stays = visual < 0
    stays[(visual >= 0).nonzero().squeeze(1)[best]] = True
    return stays
