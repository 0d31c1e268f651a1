"""preprocess/: awkward pictures and what the image processor makes of them."""

import numpy as np
from PIL import Image, ImageDraw
from transformers import CLIPImageProcessorPil

from checkpoint import CHECKPOINT, GOLDENS

SEED = 20240607
MAX_BYTES = 60_000
FOLDER = GOLDENS / "preprocess"

# Name -> (width, height). The name says what is awkward.
PICTURES = {
    "landscape-640x480": (640, 480),
    "portrait-300x500": (300, 500),
    "upscaled-50x40": (50, 40),
    "one-row-over-192x193": (192, 193),
    "one-column-over-193x192": (193, 192),
    "odd-border-195x192": (195, 192),
    "very-wide-1000x64": (1000, 64),
    "very-tall-30x400": (30, 400),
    "exact-192x192": (192, 192),
    "halved-384x384": (384, 384),
    "nearly-square-257x256": (257, 256),
    "tiny-7x5": (7, 5),
    "grey-rgb-260x210": (260, 210),
    "grey-mode-210x260": (210, 260),
    "transparent-220x260": (220, 260),
    "palette-200x150": (200, 150),
}


def write_preprocess(reference):
    FOLDER.mkdir(exist_ok=True)
    fast = reference.processor.image_processor
    slow = CLIPImageProcessorPil.from_pretrained(CHECKPOINT)
    random = np.random.default_rng(SEED)
    print(f"preprocess/: {len(PICTURES)} pictures; {type(fast).__name__} against {type(slow).__name__}")
    for name, (width, height) in PICTURES.items():
        path = FOLDER / f"{name}.png"
        _draw(name, width, height, random).save(path, optimize=True)
        assert path.stat().st_size < MAX_BYTES, f"{path.name} has {path.stat().st_size} bytes"
        expected = _processed(fast, path)
        Image.fromarray(expected).save(FOLDER / f"{name}.expected.png", optimize=True)
        _report(name, expected, _processed(slow, path))


def _processed(processor, path):
    """The processor's output, un-normalised. [192, 192, 3]"""
    with Image.open(path) as picture:
        pixels = processor(picture, return_tensors="np").pixel_values[0]
    mean, std = (np.array(values).reshape(3, 1, 1) for values in (processor.image_mean, processor.image_std))
    return np.round((pixels * std + mean) * 255).astype(np.uint8).transpose(1, 2, 0)


def _report(name, fast, slow):
    difference = np.abs(fast.astype(int) - slow.astype(int))
    print(
        f"  {name}: largest difference {difference.max()}, mean {difference.mean():.4f}, "
        f"values that differ {(difference > 0).mean():.2%}"
    )


def _draw(name, width, height, random):
    """Smooth gradients below hard-edged shapes and a patch of single-pixel noise."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    channels = [255 * across, 255 * down, 127 + 120 * np.sin(6 * across + 4 * down)]
    picture = Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    unit = min(width, height)
    for _ in range(6):
        x, y = random.uniform(0, width), random.uniform(0, height)
        size = random.uniform(0.08, 0.3) * unit
        colour = tuple(int(value) for value in random.integers(0, 256, 3))
        box = (x - size, y - size, x + size, y + size)
        random.choice([draw.rectangle, draw.ellipse])(box, fill=colour)
    for offset in range(0, unit // 3, 3):
        draw.line((width // 2 + offset, 0, width // 2, height), fill=(255, 255, 255) if offset % 2 else (0, 0, 0))
    side = min(unit // 2, 48)
    noise = Image.fromarray(random.integers(0, 256, (side, side, 3), dtype=np.uint8))
    picture.paste(noise, ((width - side) // 2, (height - side) // 2))
    return _converted(name, picture)


def _converted(name, picture):
    if name.startswith("grey-rgb"):
        return picture.convert("L").convert("RGB")
    if name.startswith("grey-mode"):
        return picture.convert("L")
    if name.startswith("transparent"):
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
        return picture
    if name.startswith("palette"):
        return picture.quantize(32)
    return picture
