"""pictures/: what the image processors of other families make of pictures of ../preprocess."""

import numpy as np
from PIL import Image
from transformers import LlavaImageProcessor, SiglipImageProcessor

from preprocess_goldens import FOLDER as PICTURES

EDGE = 96
NAMES = [
    "landscape-640x480",
    "portrait-300x500",
    "upscaled-50x40",
    "very-wide-1000x64",
    "odd-border-195x192",
    "tiny-7x5",
]


def write_family_pictures(folder):
    folder.mkdir(exist_ok=True)
    square = {"height": EDGE, "width": EDGE}
    processors = {
        # As SigLIP checkpoints have it: to the size, whatever the proportions; no crop is named.
        "siglip": SiglipImageProcessor(size=square, resample=3, image_mean=[0.5] * 3, image_std=[0.5] * 3),
        # As LLaVA-1.5's own code does with image_aspect_ratio "pad".
        "padded": LlavaImageProcessor(do_pad=True, size={"shortest_edge": EDGE}, crop_size=square),
    }
    for kind, processor in processors.items():
        for name in NAMES:
            Image.fromarray(_processed(processor, name)).save(folder / f"{name}.{kind}.png", optimize=True)
    print(f"pictures/: {len(NAMES)} pictures, {', '.join(processors)}")


def _processed(processor, name):
    """The processor's output, un-normalised. [EDGE, EDGE, 3]"""
    with Image.open(PICTURES / f"{name}.png") as picture:
        pixels = processor(picture.convert("RGB"), return_tensors="np").pixel_values[0]
    mean, std = (np.array(values).reshape(3, 1, 1) for values in (processor.image_mean, processor.image_std))
    return np.round((pixels * std + mean) * 255).astype(np.uint8).transpose(1, 2, 0)
