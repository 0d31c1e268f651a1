"""Stage 1: the vision tower learns what every patch shows."""

import random
from pathlib import Path

import numpy as np
import torch

from loop import Plan, barrier, log, train
from optimizer import Optimizer, processes
from pool import Pool
from vision import CLASSES, VisionTask, patches_of


def train_vision(plan: Plan, run: Path, batch: int, compiled=True):
    """Trains the tower on normal and dense pictures; its weights go to vision.pt."""
    done = run / "vision.pt"
    if done.exists():
        return
    rank, world = processes()
    pools = [Pool(run / "pictures", "train"), Pool(run / "pictures", "dense")]
    task = VisionTask()
    matrices = task.tower.matrices()
    chosen = {id(p) for p in matrices}
    optimizer = Optimizer(matrices, [p for p in task.parameters() if id(p) not in chosen])
    forward = torch.compile(task) if compiled else task

    def loss_of_step(step):
        rng = random.Random(f"vision/{step}/{rank}")
        loss, parts = forward(*_batch(rng, pools, batch // world))
        return loss, dict(zip([*CLASSES, "offset"], parts.tolist()))

    seconds = train(plan, task, optimizer, loss_of_step, run)
    barrier()
    if rank == 0:
        torch.save(task.state_dict(), done)
        log(f"vision took {seconds / 60:.1f} processor minutes; held back: {check(task, run)}")
    barrier()


def _batch(rng, pools, size):
    pictures, planes, offset = [], [], []
    for _ in range(size):
        pool = pools[rng.random() < 0.45]
        index = rng.randrange(len(pool))
        pictures.append(pool.picture(index))
        planes.append(pool.planes[index])
        offset.append(pool.offset[index])
    return (
        patches_of(np.stack(pictures)),
        torch.from_numpy(np.stack(planes)).long(),
        torch.from_numpy(np.stack(offset)).float(),
    )


def check(task, run, pictures=200):
    """Accuracy for each head on pictures that are not trained on."""
    pool, hits = Pool(run / "pictures", "check"), {}
    for start in range(0, pictures, 20):
        rows = range(start, start + 20)
        patches = patches_of(np.stack([pool.picture(row) for row in rows]))
        found = task.accuracy(patches, torch.from_numpy(pool.planes[start : start + 20]).long())
        for name, (right, of) in found.items():
            total = hits.setdefault(name, [0, 0])
            total[0] += right
            total[1] += of
    return " ".join(f"{name} {right / max(1, of):.3f}" for name, (right, of) in hits.items())
