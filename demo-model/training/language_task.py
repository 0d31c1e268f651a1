"""The losses of the language stages: the answers, and where the model looks while it finds them.

Without the auxiliary losses a model of this size does not learn in an hour to find what is named."""

from dataclasses import astuple, dataclass, fields

import torch
import torch.nn.functional as F
from torch import nn

from language import IMAGE_START, WIDTH, Language, rms_norm


@dataclass
class Batch:
    """Packed questions. Targets over [1 + image]: column 0 is the start token, "nothing to find"."""

    features: torch.Tensor  # [batch, image, width]
    places: torch.Tensor  # [batch, image]
    ids: torch.Tensor  # [batch, text]
    positions: torch.Tensor  # [batch, text]
    blocks: torch.Tensor  # [batch, text]
    labels: torch.Tensor  # [batch, text], -1 where nothing is asked
    weight: torch.Tensor  # [batch, text]
    ground: torch.Tensor  # [batch, text, 1 + image] bool: patches of what the token names
    pointer: torch.Tensor  # [batch, text, 1 + image] bool: patches of what is named next
    counted: torch.Tensor  # [batch, text, 1 + image]: wanted attention
    xy: torch.Tensor  # [batch, text, 2], not a number where unknown
    region: torch.Tensor  # [batch, text, 2], -1 where unknown
    number: torch.Tensor  # [batch, text], -1 where unknown
    between: torch.Tensor  # [batch, text, 2], not a number where unknown
    relation: torch.Tensor  # [batch, text], -1 where unknown
    here: torch.Tensor  # [batch, image, 2]: the patch's own place

    def tensors(self):
        return [getattr(self, field.name) for field in fields(self)]


@dataclass(frozen=True)
class Strength:
    """How much each loss counts."""

    answer: float = 1.0
    ground: float = 0.3
    xy: float = 2.0
    region: float = 0.3
    between: float = 2.0
    relation: float = 0.3
    counted: float = 1.0
    number: float = 0.4
    pointer: float = 0.5
    here: float = 0.5

    def tensor(self):
        """A tensor, so that another strength needs no other compiled code."""
        return torch.tensor(astuple(self))


LOSSES = tuple(field.name for field in fields(Strength))


class LanguageTask(nn.Module):
    """The language model with linear heads for the auxiliary losses; the heads are thrown away."""

    def __init__(self):
        super().__init__()
        self.language = Language()
        sizes = {"xy": 2, "region": 6, "between": 2, "relation": 2, "number": 10, "here": 2}
        self.heads = nn.ModuleDict({name: nn.Linear(WIDTH, size) for name, size in sizes.items()})
        for head in self.heads.values():
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, strength, *tensors):
        """The loss, its parts before their strength, and which tokens are predicted right [batch, text]."""
        b = Batch(*tensors)
        with torch.autocast("cpu", torch.bfloat16):
            logits, trace = self.language(b.features, b.places, b.ids, b.positions, b.blocks)
        logits = logits.float()
        parts = torch.stack([_answers(logits, b), *self._auxiliary(trace, b)])
        return (parts * strength).sum(), parts.detach(), logits.argmax(-1) == b.labels

    def _auxiliary(self, trace, b):
        """In the order of Strength, after the answer. Layers count from 0."""
        prefix = IMAGE_START + b.features.shape[1]
        text = {layer: rms_norm(trace.states[layer][:, prefix:]) for layer in (3, 4, 5)}
        finding, naming = (_on_prefix(trace.attention[layer], prefix) for layer in (3, 5))
        column, row = self.heads["region"](text[4]).split(3, -1)
        image = rms_norm(trace.states[2][:, IMAGE_START:prefix])
        return (
            _mass(finding[:, :2], b.ground),
            _distance(self.heads["xy"](text[3]), b.xy),
            _choice(column, b.region[..., 0]) + _choice(row, b.region[..., 1]),
            _distance(self.heads["between"](text[4]), b.between),
            _choice(self.heads["relation"](text[5]), b.relation),
            _spread(finding[:, 2], b.counted),
            _choice(self.heads["number"](text[4]), b.number),
            _mass(naming[:, :2], b.pointer),
            (self.heads["here"](image) - b.here).square().mean(),
        )


def _answers(logits, b):
    each = F.cross_entropy(logits.flatten(0, 1), b.labels.flatten().clamp(min=0), reduction="none")
    return (each * b.weight.flatten()).sum() / b.weight.sum()


def _on_prefix(attention, prefix):
    """Attention on the start token and the image. [batch, heads, text, 1 + image]"""
    return torch.cat([attention[..., :1], attention[..., IMAGE_START:prefix]], -1)


def _mass(attention, target):
    """The attention must lie on the target, however it is spread there."""
    asked = target.any(-1)
    on = (attention * target[:, None]).sum(-1)
    return (-(on + 1e-5).log() * asked[:, None]).sum() / (attention.shape[1] * asked.sum() + 1e-6)


def _spread(attention, target):
    """The attention must be the target, up to the target's own entropy."""
    asked = target.sum(-1) > 0
    each = (target * ((target + 1e-9).log() - (attention + 1e-6).log())).sum(-1)
    return (each * asked).sum() / (asked.sum() + 1e-6)


def _distance(found, target):
    known = ~target.isnan()
    return ((found - target.nan_to_num()).square() * known).sum() / (known.sum() + 1e-6)


def _choice(logits, target):
    known = target >= 0
    each = F.cross_entropy(logits.flatten(0, 1), target.flatten().clamp(min=0), reduction="none")
    return (each * known.flatten()).sum() / (known.sum() + 1e-6)
