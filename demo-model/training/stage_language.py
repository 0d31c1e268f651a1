"""Stage 3: projector and language model learn to answer, first on few patches, then on all."""

import random
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist

from features import Features
from language_task import LOSSES, LanguageTask, Strength
from loop import Plan, barrier, log, train
from optimizer import Optimizer, processes
from packing import DESCRIBE_WEIGHT, batch_of, keep_patches, questions_of
from questions import TYPES
from scene import PATCHES

TEXT = 256  # tokens of questions and answers for each picture


@dataclass(frozen=True)
class Phase:
    """A part of the stage: how it learns, from how many patches, and how often each type is asked."""

    plan: Plan
    batch: int
    patches: int
    odds: dict
    describe_rate: float
    strength: Strength = Strength()
    describe_weight: float = DESCRIBE_WEIGHT


def train_language(phase: Phase, run: Path, before: str, compiled=True):
    """Trains from the weights of the stage before; the weights go to NAME.pt."""
    done = run / f"{phase.plan.name}.pt"
    if done.exists():
        return
    rank, world = processes()
    task, features = LanguageTask(), Features(run, "train")
    saved = torch.load(run / f"{before}.pt")
    (task if "heads.xy.weight" in saved else task.language).load_state_dict(saved)
    matrices = task.language.matrices()
    chosen = {id(p) for p in matrices}
    optimizer = Optimizer(matrices, [p for p in task.parameters() if id(p) not in chosen], decay=0.01)
    forward = torch.compile(task, dynamic=False) if compiled else task
    strength = phase.strength.tensor()

    def loss_of_step(step):
        rng = random.Random(f"{phase.plan.name}/{step}/{rank}")
        batch, packs = make_batch(rng, phase, features, phase.batch // world)
        loss, parts, right = forward(strength, *batch.tensors())
        numbers = dict(zip(LOSSES, parts.tolist())) if step % 5 == 0 else {}
        return loss, numbers | exact(right, packs)

    if compiled and world > 1:
        _compile_in_turn(rank, loss_of_step, optimizer)
    seconds = train(phase.plan, task, optimizer, loss_of_step, run)
    if rank == 0:
        torch.save(task.state_dict(), done)
    log(f"{phase.plan.name} took {seconds / 60:.1f} processor minutes; held back: {check(task, run)}")


def _compile_in_turn(rank, loss_of_step, optimizer):
    """The first process compiles, the others take what it left in the cache."""
    for turn in range(2):
        if (rank > 0) == bool(turn):
            loss_of_step(0)[0].backward()
        barrier()
    optimizer.zero()


def make_batch(rng, phase, features, size):
    rows = []
    while len(rows) < size:
        index = rng.randrange(len(features))
        questions = questions_of(rng, features.pool, index, phase.odds, phase.describe_rate, TEXT)
        scene = features.pool.scene(index)
        glyphs = sum(len(text.text) for text in scene.texts)
        centres = features.pool.centre_patch[index][: len(scene.things) + glyphs]
        kept = keep_patches(rng, features.pool.masks(index), centres, phase.patches)
        rows.append((features.pool, index, features[index], questions, kept))
    return batch_of(rows, TEXT, phase.describe_weight), [row[3] for row in rows]


def exact(right, packs):
    """Share of questions whose answer is right to the last token, for each type in the packs.

    With the true answer given so far, as in training; all tokens right is the same as the greedy
    answer being right."""
    hits = {}
    for row, pack in zip(right, packs):
        for kind, hit in _answered(row, pack):
            hits.setdefault(kind, []).append(hit)
    return {kind + "=": sum(values) / len(values) for kind, values in hits.items()}


@torch.no_grad()
def check(task, run, pictures=80):
    """Exact answers for each type, all patches, on pictures that are not trained on."""
    rank, world = processes()
    features, hits = Features(run, "check"), {}
    phase = Phase(None, 4, PATCHES, {kind: 1.0 for kind in TYPES if kind != "describe"}, 1.0)
    for start in range(4 * rank, pictures, 4 * world):
        rng, rows = random.Random(f"check/{start}"), []
        for index in range(start, start + 4):
            questions = questions_of(rng, features.pool, index, phase.odds, phase.describe_rate, TEXT)
            rows.append((features.pool, index, features[index], questions, keep_patches(rng, None, None, PATCHES)))
        _, _, right = task(phase.strength.tensor(), *batch_of(rows, TEXT).tensors())
        for row, made in zip(right, rows):
            for kind, hit in _answered(row, made[3]):
                hits.setdefault(kind, []).append(hit)
    if world > 1:
        gathered = [None] * world
        dist.all_gather_object(gathered, hits)
        hits = {kind: sum((part.get(kind, []) for part in gathered), []) for kind in TYPES}
    return " ".join(f"{kind} {sum(hits[kind]) / max(1, len(hits[kind])):.3f}" for kind in TYPES if kind in hits)


def _answered(row, pack):
    start = 0
    for question in pack:
        answer = row[start + question.answer_start - 1 : start + len(question.ids) - 1]
        yield question.type, bool(answer.all())
        start += len(question.ids)
