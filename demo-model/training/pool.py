"""The drawn pictures and their labels on disk, in chunks, so that an interrupted run goes on."""

from pathlib import Path

import numpy as np

from drawing import render
from scene import GRID, PATCHES, seeded_scene

CHUNK = 250
MAX_ENTITIES = 16  # up to nine things and the glyphs of one text
PLANES = ("shape", "color", "size", "glyph", "centre")


def draw_pool(folder: Path, purpose: str, count: int, dense: bool = False, worker: int = 0, workers: int = 1):
    """Draws pictures 0..count-1 of a purpose; several workers share the chunks."""
    folder.mkdir(parents=True, exist_ok=True)
    for chunk in range(worker, count // CHUNK, workers):
        target = folder / f"{purpose}-{chunk:04d}"
        if not target.with_suffix(".npz").exists():
            _draw_chunk(target, purpose, chunk * CHUNK, dense)


def _draw_chunk(target, purpose, start, dense):
    pictures = np.zeros((CHUNK, 192, 192, 3), np.uint8)
    planes = np.zeros((CHUNK, len(PLANES), PATCHES), np.uint8)
    offset = np.zeros((CHUNK, PATCHES, 2), np.float16)
    masks = np.zeros((CHUNK, MAX_ENTITIES, PATCHES), bool)
    centre_patch = np.zeros((CHUNK, MAX_ENTITIES), np.int16)
    for row in range(CHUNK):
        scene = seeded_scene(purpose, start + row, dense)
        pictures[row], labels = render(scene, f"winnow/{purpose}/pixels/{start + row}")
        planes[row] = np.stack([getattr(labels, plane) for plane in PLANES])
        offset[row] = labels.offset
        if not dense:
            masks[row, : len(labels.masks)] = labels.masks
            centre_patch[row, : len(labels.masks)] = labels.centre_patch
    np.save(target.with_suffix(".pictures.npy"), pictures)
    packed = np.packbits(masks, axis=-1)
    part = target.with_suffix(".part.npz")
    np.savez(part, planes=planes, offset=offset, masks=packed, centre_patch=centre_patch)
    part.rename(target.with_suffix(".npz"))


class Pool:
    """All chunks of a purpose that are on disk. Pictures stay on disk, labels are in memory."""

    def __init__(self, folder: Path, purpose: str):
        files = sorted(folder.glob(f"{purpose}-????.npz"))
        if not files:
            raise FileNotFoundError(f"no pictures of {purpose} in {folder}: run the stage that draws them")
        self.purpose = purpose
        self._pictures = [np.load(file.with_suffix(".pictures.npy"), mmap_mode="r") for file in files]
        chunks = [np.load(file) for file in files]
        self.planes = np.concatenate([chunk["planes"] for chunk in chunks])  # [pictures, 5, 576]
        self.offset = np.concatenate([chunk["offset"] for chunk in chunks])  # [pictures, 576, 2]
        self.packed_masks = np.concatenate([chunk["masks"] for chunk in chunks])  # [pictures, 16, 72]
        self.centre_patch = np.concatenate([chunk["centre_patch"] for chunk in chunks])  # [pictures, 16]

    def __len__(self):
        return len(self.planes)

    def picture(self, index):
        return self._pictures[index // CHUNK][index % CHUNK]

    def masks(self, index):
        """Which patches show which entity. [16, 576]"""
        return np.unpackbits(self.packed_masks[index], axis=-1).astype(bool)

    def scene(self, index):
        return seeded_scene(self.purpose, index)


def patch_middles():
    """Centres of the patches, x and y in -1..1. [576, 2]"""
    line = (np.arange(GRID) + 0.5) / GRID * 2 - 1
    x, y = np.meshgrid(line, line)
    return np.stack([x, y], -1).reshape(-1, 2).astype(np.float32)
