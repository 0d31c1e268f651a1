"""The vision tower (CLIP ViT) and its training on what every patch shows."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from scene import GRID, PATCH, PATCHES

WIDTH, HEADS, LAYERS, MLP = 128, 4, 4, 384
PLACE = 32  # leading channels that carry the position
CLASSES = {"shape": 10, "color": 9, "size": 3, "glyph": 37, "centre": 3}
TEXT_SHAPE = 9
# Where each head of a layer looks at first, in patches: attention starts as a convolution.
LOOKS = (
    ((0, 1), (0, -1), (1, 0), (-1, 0)),
    ((1, 1), (1, -1), (-1, 1), (-1, -1)),
    ((0, 2), (0, -2), (2, 0), (-2, 0)),
    ((2, 2), (2, -2), (-2, 2), (-2, -2)),
)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.q, self.k, self.v, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.fc1, self.fc2 = nn.Linear(WIDTH, MLP), nn.Linear(MLP, WIDTH)

    def forward(self, x):
        y = self.norm1(x)
        q, k, v = (_heads(layer(y)) for layer in (self.q, self.k, self.v))
        x = x + self.out(_attention(q, k, v).transpose(1, 2).flatten(2))
        y = self.fc1(self.norm2(x))
        return x + self.fc2(y * torch.sigmoid(1.702 * y))


class Tower(nn.Module):
    """CLIP's vision model up to its fourth block, which is the layer LLaVA reads."""

    def __init__(self, seed=1):
        super().__init__()
        torch.manual_seed(seed)
        self.patch = nn.Linear(3 * PATCH * PATCH, WIDTH, bias=False)
        self.start = nn.Parameter(torch.randn(WIDTH) * 0.5)
        self.position = nn.Parameter(torch.zeros(1 + PATCHES, WIDTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self._prepare()

    def forward(self, patches):
        """Patches [batch, 576, 192] to features [batch, 576, 128]."""
        start = self.start.expand(len(patches), 1, WIDTH)
        x = self.norm(torch.cat([start, self.patch(patches)], 1) + self.position)
        for block in self.blocks:
            x = block(x)
        return x[:, 1:]

    def matrices(self):
        return [p for p in self.blocks.parameters() if p.ndim == 2]

    @torch.no_grad()
    def _prepare(self):
        nn.init.normal_(self.patch.weight, std=0.08)
        self.patch.weight[:PLACE] *= 0.05
        turn = torch.linspace(0.15, 1.7, PLACE // 4)
        line = torch.arange(GRID)[:, None] * turn  # [24, 8]
        wave = torch.stack([line.sin(), line.cos()], -1).flatten(1)  # [24, 16]
        rows = wave[:, None].expand(GRID, GRID, PLACE // 2)
        columns = wave[None].expand(GRID, GRID, PLACE // 2)
        self.position[1:, :PLACE] = 2.5 * torch.cat([rows, columns], -1).flatten(0, 1)
        for block, looks in zip(self.blocks, LOOKS):
            for layer in (block.q, block.k, block.v, block.out, block.fc1, block.fc2):
                nn.init.zeros_(layer.bias)
                nn.init.normal_(layer.weight, std=0.7 / math.sqrt(layer.weight.shape[1]))
            for layer in (block.q, block.k):
                layer.weight *= 0.1
            for layer in (block.out, block.fc2):
                layer.weight[:PLACE] *= 0.1
            for head, (down, right) in enumerate(looks):
                place = slice(head * 32, head * 32 + PLACE)
                block.k.weight[place, :PLACE] = torch.eye(PLACE)
                block.q.weight[place, :PLACE] = torch.block_diag(
                    *(_turn(a * down) for a in turn), *(_turn(a * right) for a in turn)
                )


def _attention(q, k, v):
    """Written out where gradients are needed: compiled, its backward is three times as fast on a CPU."""
    if not torch.is_grad_enabled():
        return F.scaled_dot_product_attention(q, k, v)
    seen = (q @ k.transpose(-1, -2)).float() * (WIDTH // HEADS) ** -0.5
    return seen.softmax(-1).to(v.dtype) @ v


def _turn(angle):
    """(sin t, cos t) to (sin (t + angle), cos (t + angle))."""
    s, c = math.sin(angle), math.cos(angle)
    return torch.tensor([[c, s], [-s, c]])


def _heads(x):
    return x.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)


def patches_of(pictures):
    """Pictures [batch, 192, 192, 3] uint8 to normalised patches [batch, 576, 192], channels first."""
    x = torch.from_numpy(np.array(pictures)).view(-1, GRID, PATCH, GRID, PATCH, 3)
    x = x.permute(0, 1, 3, 5, 2, 4).reshape(-1, PATCHES, 3 * PATCH * PATCH)
    return x.float() / 127.5 - 1


class VisionTask(nn.Module):
    """The tower with linear heads for what a patch shows; the heads are thrown away."""

    def __init__(self):
        super().__init__()
        self.tower = Tower()
        self.heads = nn.Linear(WIDTH, sum(CLASSES.values()) + 2)
        nn.init.normal_(self.heads.weight, std=0.02)
        nn.init.zeros_(self.heads.bias)

    def forward(self, patches, planes, offset):
        """The loss and its parts; planes [batch, 5, 576] in the order of CLASSES."""
        with torch.autocast("cpu", torch.bfloat16):
            out = self.heads(self.tower(patches))
        *logits, shift = out.float().split([*CLASSES.values(), 2], -1)
        truth = dict(zip(CLASSES, planes.unbind(1)))
        shown = truth["shape"] > 0
        weights = {
            "shape": 0.15 + 0.85 * shown,
            "color": 0.15 + 0.85 * shown,
            "size": 0.15 + 0.85 * shown,
            "glyph": 0.05 + 0.95 * (truth["shape"] == TEXT_SHAPE),
            "centre": 0.15 + 5.85 * (truth["centre"] > 0),
        }
        losses = []
        for (name, target), logit in zip(truth.items(), logits):
            each = F.cross_entropy(logit.flatten(0, 1), target.flatten(), reduction="none")
            losses.append((each * weights[name].flatten()).sum() / weights[name].sum())
        near = (shown | (truth["centre"] > 0)).float()
        losses.append(((shift - offset).abs().sum(-1) * near).sum() / near.sum())
        parts = torch.stack(losses)
        return parts.sum(), parts.detach()

    @torch.no_grad()
    def accuracy(self, patches, planes):
        """Share of the patches that show something whose class is right, for each head."""
        with torch.autocast("cpu", torch.bfloat16):
            out = self.heads(self.tower(patches))
        logits = out.float().split([*CLASSES.values(), 2], -1)
        asked = (planes[:, 0] > 0, (planes[:, 0] > 0) & (planes[:, 0] < TEXT_SHAPE))
        found = {}
        for index, name in enumerate(CLASSES):
            where = {"shape": asked[0], "glyph": planes[:, 3] > 0, "centre": planes[:, 4] > 0}.get(name, asked[1])
            hit = logits[index].argmax(-1) == planes[:, index]
            found[name] = (int(hit[where].sum()), int(where.sum()))
        return found
