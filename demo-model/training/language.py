"""The language model (Llama) and the projector, over packed questions about one picture each.

The prefix (start, USER:, image) is the same for all questions of a picture; every question starts at
the same position and sees the prefix and itself only."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from scene import PATCHES
from vocabulary import BOS, USER, WORDS

WIDTH, HEADS, LAYERS, MLP = 128, 4, 8, 352
HEAD = WIDTH // HEADS
THETA, EPSILON = 1e8, 1e-5
IMAGE_START = 2  # position of the first image token
TEXT_START = IMAGE_START + PATCHES


@dataclass
class Trace:
    """What the auxiliary losses look at, by layer: the states after it and the attention of the text in it."""

    states: dict
    attention: dict  # [batch, heads, text, prefix + text]


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.Parameter(torch.ones(WIDTH)), nn.Parameter(torch.ones(WIDTH))
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.gate, self.up = nn.Linear(WIDTH, MLP, bias=False), nn.Linear(WIDTH, MLP, bias=False)
        self.down = nn.Linear(MLP, WIDTH, bias=False)

    def forward(self, x, rope, prefix, masks):
        """x [batch, prefix + text, width]; the attention of the text tokens comes along."""
        y = rms_norm(x) * self.norm1
        q, k, v = (layer(y).unflatten(-1, (HEADS, HEAD)).transpose(1, 2) for layer in (self.q, self.k, self.v))
        q, k = rotate(q, rope), rotate(k, rope)
        scale = HEAD**-0.5
        # Two rectangles instead of one square: the prefix never looks at the text.
        own = (q[:, :, :prefix] @ k[:, :, :prefix].transpose(-1, -2)).float() * scale
        own = (own + masks[0]).softmax(-1).to(v.dtype) @ v[:, :, :prefix]
        seen = (q[:, :, prefix:] @ k.transpose(-1, -2)).float() * scale
        seen = (seen + masks[1]).softmax(-1)
        text = seen.to(v.dtype) @ v
        x = x + self.o(torch.cat([own, text], 2).transpose(1, 2).flatten(2))
        y = rms_norm(x) * self.norm2
        return x + self.down(F.silu(self.gate(y)) * self.up(y)), seen


class Projector(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, features):
        return self.fc2(F.gelu(self.fc1(features)))


class Language(nn.Module):
    """Projector and decoder of the LLaVA."""

    def __init__(self, seed=2):
        super().__init__()
        torch.manual_seed(seed)
        self.projector = Projector()
        self.embedding = nn.Parameter(torch.randn(len(WORDS), WIDTH) * 0.5)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.Parameter(torch.ones(WIDTH))
        self.head = nn.Parameter(torch.zeros(len(WORDS), WIDTH))
        for layer in self.layers:
            for name, p in layer.named_parameters():
                if p.ndim == 2:
                    shrink = 0.25 if name.startswith(("o.", "down.")) else 0.7
                    nn.init.normal_(p, std=shrink / math.sqrt(p.shape[1]))

    def matrices(self):
        return [p for module in (self.layers, self.projector) for p in module.parameters() if p.ndim == 2]

    def forward(self, features, places, ids, positions, blocks):
        """Logits of the text [batch, text, vocabulary] and the trace.

        features [batch, image, width], places [batch, image] (patch numbers, ascending),
        ids, positions, blocks [batch, text]; tokens of one block are one question."""
        batch, prefix = len(features), IMAGE_START + features.shape[1]
        start = self.embedding[torch.tensor([BOS, USER])].expand(batch, 2, WIDTH)
        x = torch.cat([start, self.projector(features), F.embedding(ids, self.embedding)], 1)
        steps = torch.arange(IMAGE_START).expand(batch, IMAGE_START)
        rope = rope_of(torch.cat([steps, places + IMAGE_START, positions], 1))
        masks = _masks(prefix, blocks)
        trace = Trace({}, {})
        for number, layer in enumerate(self.layers):
            x, seen = layer(x, rope, prefix, masks)
            trace.states[number], trace.attention[number] = x, seen
        return (rms_norm(x[:, prefix:]) * self.norm) @ self.head.T, trace


def _masks(prefix, blocks):
    """What may be seen: 0, or minus infinity. [prefix, prefix] and [batch, 1, text, prefix + text]"""
    text = blocks.shape[1]
    causal = torch.ones(prefix, prefix, dtype=torch.bool).tril()
    same = (blocks[:, :, None] == blocks[:, None, :]) & torch.ones(text, text, dtype=torch.bool).tril()
    whole = torch.cat([torch.ones(len(blocks), text, prefix, dtype=torch.bool), same], -1)[:, None]
    hidden = torch.tensor(float("-inf"))
    return torch.where(causal, 0.0, hidden), torch.where(whole, 0.0, hidden)


def rms_norm(x):
    x = x.float()
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPSILON)


def rope_of(positions):
    """Cosines and sines. [batch, 1, tokens, head]"""
    turn = THETA ** (-torch.arange(0, HEAD, 2).float() / HEAD)
    angle = positions[:, None, :, None].float() * torch.cat([turn, turn])
    return angle.cos(), angle.sin()


def rotate(x, rope):
    half = HEAD // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], -1)
    return (x * rope[0] + turned * rope[1]).to(x.dtype)
