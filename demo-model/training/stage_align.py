"""Stage 2: the projector learns to say in word embeddings what a patch shows."""

import random
from pathlib import Path

import torch
import torch.nn.functional as F

from drawing import GLYPHS
from features import Features
from language import Language
from loop import barrier, log
from optimizer import processes
from pool import patch_middles
from scene import COLORS, SHAPES
from vocabulary import CHARACTERS, IDS

SHARPNESS, NONE = 20.0, 4.0
STEPS, PICTURES, LEARNING_RATE = 400, 8, 4e-3
# Left is nearly a synonym of right, so their embeddings start alike.
SYNONYMS = (
    *((shape + ("es" if shape == "cross" else "s"), shape) for shape in SHAPES),
    *(("##" + c, c) for c in CHARACTERS),
    ("colour", "color"),
    ("colors", "color"),
    ("colours", "color"),
    ("objects", "object"),
    ("thing", "object"),
    ("things", "object"),
    ("larger", "bigger"),
    ("image", "picture"),
    ("photo", "picture"),
    ("scene", "picture"),
    ("middle", "center"),
    ("under", "below"),
    ("shapes", "object"),
)


def align(run: Path):
    """Gives the language model its embeddings, head and projector; they go to aligned.pt."""
    done = run / "aligned.pt"
    if processes()[0] == 0 and not done.exists():
        language = Language()
        _tie(language)
        _train(language, Features(run, "train"))
        torch.save(language.state_dict(), done)
    barrier()


@torch.no_grad()
def _tie(language):
    for word, like in SYNONYMS:
        language.embedding[IDS[word]] = 0.5 * language.embedding[IDS[word]] + 0.8 * language.embedding[IDS[like]]
    language.head.copy_(0.12 * language.embedding)


def _train(language, features):
    words = [[IDS[word] for word in group] for group in _groups()]
    embedding = F.normalize(language.embedding.detach(), dim=-1)
    optimizer = torch.optim.AdamW(language.projector.parameters(), lr=LEARNING_RATE, weight_decay=0.0)
    rng = random.Random("align")
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (step + 1) / 20, 2 * (1 - step / STEPS))
        chosen = [rng.randrange(len(features)) for _ in range(PICTURES)]
        shown = language.projector(torch.stack([features[row] for row in chosen]).float()).flatten(0, 1)
        truth = torch.cat([_truth(features.pool.planes[row]) for row in chosen])
        weight = 0.1 + 0.9 * (truth[:, 0] > 0)
        loss, right = 0.01 * (shown.square().mean() - 0.25).square(), []
        for group, target in zip(words, truth.unbind(1)):
            cosine = F.normalize(shown, dim=-1) @ embedding[group].T
            logits = torch.cat([torch.full((len(shown), 1), NONE), SHARPNESS * cosine], 1)
            loss = loss + (F.cross_entropy(logits, target, reduction="none") * weight).sum() / weight.sum()
            right.append(float((logits.argmax(1) == target)[truth[:, 0] > 0].float().mean()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    log("aligned: " + " ".join(f"{name} {share:.3f}" for name, share in zip(NAMES, right)))


NAMES = ("shape", "color", "size", "glyph", "row", "column")


def _groups():
    return (
        [*SHAPES, "text"],
        COLORS,
        ("small", "big"),
        [g.lower() for g in GLYPHS],
        ("top", "bottom"),
        ("left", "right"),
    )


def _truth(planes):
    """Class of each patch in each group, 0 for none. [576, 6]"""
    column, row = torch.from_numpy(patch_middles()).unbind(-1)
    places = [(at < -1 / 3).long() + 2 * (at > 1 / 3).long() for at in (row, column)]
    return torch.stack([*torch.from_numpy(planes[:4]).long(), *places], 1)
