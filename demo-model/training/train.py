"""Draws the pictures, trains the bundled model from zero, exports and evaluates it.

    python train.py --run FOLDER --out CHECKPOINT

Runs two single-threaded processes that average their gradients. A run that was stopped goes on
where it was when started again with the same folder."""

import argparse
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from evaluate import evaluate, table
from export import export
from features import make_features
from language_task import Strength
from loop import Plan, barrier, log
from optimizer import processes
from pool import draw_pool
from stage_align import align
from stage_language import Phase, train_language
from stage_vision import train_vision

PICTURES, DENSE, CHECKED = 9000, 4000, 500
VISION = Plan("vision", steps=2000, minutes=10, muon_lr=0.012, adam_lr=2e-3, power=0.7)
VISION_BATCH = 8
# 3a: places first. 3b: all types. 3c: all patches, which dilute the attention; without it counting
# and describing fail on whole pictures.
PHASES = (
    Phase(
        Plan("language-a", steps=600, minutes=5, muon_lr=0.016, adam_lr=3e-3, warmup=50, flat=0.6, floor=0.6),
        batch=8,
        patches=160,
        odds={
            "count": 2,
            "exist": 0.8,
            "color": 0.4,
            "shape": 0.4,
            "where": 2.5,
            "relation": 4,
            "corner": 2,
            "ocr": 1.5,
            "letter": 1,
            "size": 0.3,
            "compare": 0.6,
        },
        describe_rate=0.6,
    ),
    Phase(
        Plan("language-b", steps=900, minutes=7, muon_lr=0.016, adam_lr=3e-3, warmup=30, flat=0.4, floor=0.5),
        batch=8,
        patches=160,
        odds={
            "count": 2.6,
            "exist": 0.8,
            "color": 0.6,
            "shape": 0.5,
            "where": 1,
            "relation": 3,
            "corner": 2,
            "ocr": 2.2,
            "letter": 1,
            "size": 0.5,
            "compare": 1.2,
        },
        describe_rate=0.9,
    ),
    Phase(
        Plan("language-c", steps=3000, minutes=22, muon_lr=0.014, adam_lr=3e-3, warmup=30, flat=0.1),
        batch=8,
        patches=576,
        odds={
            "count": 3.2,
            "exist": 0.9,
            "color": 0.7,
            "shape": 0.5,
            "where": 0.9,
            "relation": 1.4,
            "corner": 1.6,
            "ocr": 2.2,
            "letter": 1,
            "size": 0.6,
            "compare": 1.3,
        },
        describe_rate=1.0,
        strength=Strength(pointer=0.7),
        describe_weight=0.6,
    ),
)
HELDOUT = Path(__file__).resolve().parent.parent / "heldout"


def worker(rank, world, rendezvous, arguments):
    torch.set_num_threads(1)
    if world > 1:
        dist.init_process_group(
            "gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=world, timeout=timedelta(hours=1)
        )
    stages(arguments)
    if world > 1:
        dist.destroy_process_group()


def stages(arguments):
    run = arguments.run
    pictures(run)
    train_vision(VISION, run, VISION_BATCH)
    started = time.monotonic()
    make_features(run, "train")
    make_features(run, "check")
    log(f"features took {(time.monotonic() - started) / 60:.1f} minutes")
    align(run)
    before = "aligned"
    for phase in PHASES:
        train_language(phase, run, before)
        before = phase.plan.name
    if processes()[0] == 0:
        export(run, before, arguments.out)
        log("held out:\n" + table(evaluate(arguments.out, HELDOUT)))


def pictures(run):
    rank, world = processes()
    started = time.monotonic()
    draw_pool(run / "pictures", "train", PICTURES, worker=rank, workers=world)
    draw_pool(run / "pictures", "dense", DENSE, dense=True, worker=rank, workers=world)
    draw_pool(run / "pictures", "check", CHECKED, worker=rank, workers=world)
    barrier()
    log(f"pictures took {(time.monotonic() - started) / 60:.1f} minutes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder for pictures, features and what resumes a run")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    arguments.run.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        rendezvous = Path(folder, "rendezvous")
        if arguments.processes == 1:
            worker(0, 1, rendezvous, arguments)
        else:
            mp.spawn(worker, (arguments.processes, rendezvous, arguments), nprocs=arguments.processes)


if __name__ == "__main__":
    main()
