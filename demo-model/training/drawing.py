"""From a scene to pixels, and to what every patch shows."""

import functools
import importlib.util
import math
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scene import COLORS, GRID, LETTERS, PATCH, SHAPES, SIDE, Scene

SCALE = 2  # drawn larger, then reduced: smooth edges
GLYPHS = LETTERS + "0123456789"
# A patch shows a thing when this many of its 64 pixels do.
MIN_PIXELS = 10
TEXT_SHAPE = len(SHAPES) + 1


@dataclass
class Labels:
    """What each patch shows; 0 is nothing. All [576] but offset [576, 2] and masks [entities, 576].

    Entities are the things in their order, then the glyphs of all texts from left to right."""

    shape: np.ndarray
    color: np.ndarray
    size: np.ndarray
    glyph: np.ndarray
    centre: np.ndarray
    offset: np.ndarray
    masks: np.ndarray
    centre_patch: np.ndarray  # [entities]


def render(scene: Scene, seed: str):
    """The picture [192, 192, 3] uint8 and its labels; the seed decides ground, jitter and noise."""
    rng = random.Random(seed)
    noise = np.random.default_rng(rng.getrandbits(63))
    ground, base = _ground(rng, noise)
    canvas = Image.fromarray(ground)
    owner = Image.new("L", canvas.size, 0)
    pen, mark = ImageDraw.Draw(canvas), ImageDraw.Draw(owner)
    centres = []
    for number, thing in enumerate(scene.things, start=1):
        color = tuple(_clip(channel + rng.randint(-14, 14)) for channel in COLORS[thing.color])
        _draw_thing(pen, thing, color)
        _draw_thing(mark, thing, number)
        centres.append((thing.x, thing.y))
    for text in scene.texts:
        ink = rng.randint(5, 45) if base > 122 else rng.randint(215, 250)
        centres += _draw_text(pen, mark, text, (ink, ink, ink), len(centres) + 1)
    small = np.asarray(canvas.reduce(SCALE), dtype=np.int16)
    small = small + noise.integers(-4, 5, small.shape, dtype=np.int16)
    labels = _labels(scene, np.asarray(owner), centres)
    return np.clip(small, 0, 255).astype(np.uint8), labels


def _draw_thing(pen, thing, color):
    x, y, r = thing.x * SCALE, thing.y * SCALE, thing.radius * SCALE
    box = (x - r, y - r, x + r, y + r)
    if thing.shape == "circle":
        pen.ellipse(box, fill=color)
    elif thing.shape == "ring":
        pen.ellipse(box, outline=color, width=round(0.36 * r))
    elif thing.shape == "square":
        s = 0.9 * r
        pen.rectangle((x - s, y - s, x + s, y + s), fill=color)
    elif thing.shape == "cross":
        w = 0.34 * r
        pen.rectangle((x - r, y - w, x + r, y + w), fill=color)
        pen.rectangle((x - w, y - r, x + w, y + r), fill=color)
    else:
        pen.polygon([(x + r * u, y + r * v) for u, v in _outline(thing.shape)], fill=color)


@functools.cache
def _outline(shape):
    """Corners in a circle of radius one, y downwards."""
    if shape == "triangle":
        return [(0, -1), (0.95, 0.8), (-0.95, 0.8)]
    if shape == "diamond":
        return [(0, -1.1), (0.78, 0), (0, 1.1), (-0.78, 0)]
    if shape == "star":
        radii = [1.1 if corner % 2 == 0 else 0.45 for corner in range(10)]
        return [(r * math.sin(i * math.pi / 5), -r * math.cos(i * math.pi / 5)) for i, r in enumerate(radii)]
    if shape == "heart":
        turns = [2 * math.pi * step / 40 for step in range(40)]
        return [
            (
                math.sin(t) ** 3 * 1.02,
                -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)) / 15.5,
            )
            for t in turns
        ]
    raise ValueError(f"unknown shape {shape}")


def _draw_text(pen, mark, text, color, number):
    """Draws glyph by glyph, so that each has its own mark; the centres of the glyphs."""
    font = _font(text.font, round(text.pixels * SCALE))
    left = text.x * SCALE - font.getlength(text.text) / 2
    centres = []
    for index, glyph in enumerate(text.text):
        x = left + font.getlength(text.text[:index])
        pen.text((x, text.y * SCALE), glyph, fill=color, font=font, anchor="lm")
        mark.text((x, text.y * SCALE), glyph, fill=number + index, font=font, anchor="lm")
        x0, y0, x1, y1 = font.getbbox(glyph, anchor="lm")
        centres.append(((x + (x0 + x1) / 2) / SCALE, text.y + (y0 + y1) / 2 / SCALE))
    return centres


@functools.cache
def _font(name, size):
    return ImageFont.truetype(str(_font_folder() / f"{name}.ttf"), size)


@functools.cache
def _font_folder():
    folders = [Path("/usr/share/fonts/truetype/dejavu")]
    matplotlib = importlib.util.find_spec("matplotlib")
    if matplotlib:
        folders.append(Path(matplotlib.origin).parent / "mpl-data" / "fonts" / "ttf")
    for folder in folders:
        if (folder / "DejaVuSerif-Bold.ttf").exists():
            return folder
    raise FileNotFoundError("DejaVu fonts not found: install the package fonts-dejavu-core, or matplotlib from PyPI")


def _ground(rng, noise):
    """Pixels of the ground [384, 384, 3] uint8 and its lightness."""
    side = SIDE * SCALE
    draw = rng.random()
    low, high = (185, 250) if draw < 0.6 else (12, 60) if draw < 0.84 else (95, 150)
    base = rng.uniform(low, high)
    tint = np.array([rng.uniform(-9, 9) for _ in range(3)])
    kind, relief = rng.random(), np.zeros((side, side))
    if 0.35 <= kind < 0.65:
        turn = rng.uniform(0, 2 * math.pi)
        ramp = np.linspace(-0.5, 0.5, side)
        relief = (rng.uniform(low, high) - base) * (math.cos(turn) * ramp[None, :] + math.sin(turn) * ramp[:, None])
    elif 0.65 <= kind < 0.85:
        cells = rng.choice((6, 12, 24, 48))
        field = Image.fromarray(noise.normal(0, 1, (cells, cells)).astype(np.float32))
        relief = np.asarray(field.resize((side, side), Image.Resampling.BICUBIC)) * rng.uniform(4, 11)
    elif kind >= 0.85:
        relief = _pattern(rng, side) * rng.uniform(4, 10)
    ground = base + relief[:, :, None] + tint
    return np.clip(ground, 0, 255).astype(np.uint8), base


def _pattern(rng, side):
    step = rng.randint(12, 48)
    bands = (np.arange(side) // step) % 2 * 2.0 - 1
    kind = rng.choice(("columns", "rows", "checks"))
    if kind == "columns":
        return np.broadcast_to(bands[None, :], (side, side))
    if kind == "rows":
        return np.broadcast_to(bands[:, None], (side, side))
    return bands[None, :] * bands[:, None]


def _labels(scene, owner, centres):
    glyphs = "".join(text.text for text in scene.texts)
    entities = len(scene.things) + len(glyphs)
    pixels = owner[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE].reshape(GRID, PATCH, GRID, PATCH)
    pixels = pixels.transpose(0, 2, 1, 3).reshape(GRID * GRID, PATCH * PATCH)
    share = np.stack([(pixels == number).sum(1) for number in range(1, entities + 1)])  # [entities, 576]
    best, most = share.argmax(0), share.max(0)
    shown = most >= MIN_PIXELS
    shape_of = [SHAPES.index(thing.shape) + 1 for thing in scene.things] + [TEXT_SHAPE] * len(glyphs)
    color_of = [list(COLORS).index(thing.color) + 1 for thing in scene.things] + [0] * len(glyphs)
    size_of = [1 + thing.big for thing in scene.things] + [0] * len(glyphs)
    glyph_of = [0] * len(scene.things) + [GLYPHS.index(glyph) + 1 for glyph in glyphs]
    centre, offset = np.zeros(GRID * GRID, np.uint8), np.zeros((GRID * GRID, 2), np.float32)
    centre_patch = np.zeros(entities, np.int64)
    middle = (np.stack(np.meshgrid(np.arange(GRID), np.arange(GRID)), -1).reshape(-1, 2) + 0.5) * PATCH
    for entity, (x, y) in enumerate(centres):
        patch = min(int(y // PATCH), GRID - 1) * GRID + min(int(x // PATCH), GRID - 1)
        centre_patch[entity] = patch
        centre[patch] = 1 if entity < len(scene.things) else 2
        mine = (shown & (best == entity)) | (np.arange(GRID * GRID) == patch)
        offset[mine] = (np.array([x, y]) - middle[mine]) / 24
    masks = shown & (best == np.arange(entities)[:, None])
    masks[np.arange(entities), centre_patch] = True

    def of(values):
        return np.where(shown, np.array(values)[best], 0).astype(np.uint8)

    return Labels(of(shape_of), of(color_of), of(size_of), of(glyph_of), centre, offset, masks, centre_patch)


def _clip(value):
    return max(0, min(255, value))
