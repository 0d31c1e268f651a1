"""The frozen tower's features of the pictures that the language stages use, kept on disk."""

from pathlib import Path

import numpy as np
import torch

from loop import barrier
from optimizer import processes
from pool import Pool
from scene import PATCHES
from vision import WIDTH, VisionTask, patches_of


class Features:
    """bfloat16 features of a pool, [pictures, 576, 128], read from disk as they are needed."""

    def __init__(self, run: Path, purpose: str):
        self.pool = Pool(run / "pictures", purpose)
        self._rows = np.load(run / f"features-{purpose}.npy", mmap_mode="r")

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, index):
        return torch.from_numpy(np.array(self._rows[index])).view(torch.bfloat16)


def make_features(run: Path, purpose: str, batch=10):
    """Every process does its share of the pictures."""
    done = run / f"features-{purpose}.npy"
    if done.exists():
        return
    rank, world = processes()
    task = VisionTask()
    task.load_state_dict(torch.load(run / "vision.pt"))
    pool, part = Pool(run / "pictures", purpose), done.with_suffix(".part")
    shape = (len(pool), PATCHES, WIDTH)
    if rank == 0 and not part.exists():
        np.lib.format.open_memmap(part, mode="w+", dtype=np.int16, shape=shape)
    barrier()
    rows = np.lib.format.open_memmap(part, mode="r+")
    for start in range(rank * batch, len(pool), world * batch):
        chosen = range(start, min(start + batch, len(pool)))
        if rows[chosen.start : chosen.stop, 0].any(-1).all():
            continue  # made before the run was interrupted
        patches = patches_of(np.stack([pool.picture(row) for row in chosen]))
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            found = task.tower(patches).bfloat16()
        rows[chosen.start : chosen.stop] = found.view(torch.int16).numpy()
    rows.flush()
    barrier()
    if rank == 0:
        part.rename(done)
    barrier()
