"""From a picture of the pool and its questions to the tensors of a batch."""

import math
from dataclasses import fields

import numpy as np
import torch

from encoding import pack
from language import TEXT_START
from language_task import Batch
from pool import patch_middles
from scene import PATCHES, SIDE
from vocabulary import PAD

DESCRIBE_WEIGHT = 0.5
MIDDLES = patch_middles()


def batch_of(rows, text, describe_weight=DESCRIBE_WEIGHT):
    """rows: (pool, index, features [576, 128], packed questions, patches kept), one for each picture."""
    made = [_row(*row, text, describe_weight) for row in rows]
    return Batch(**{field.name: _stack([row[field.name] for row in made]) for field in fields(Batch)})


def questions_of(rng, pool, index, weights, describe_rate, text):
    return pack(rng, pool.scene(index), weights, describe_rate, text)


def keep_patches(rng, masks, centres, count):
    """Patch numbers, ascending: centres first, then patches that show something, then any."""
    if count == PATCHES:
        return np.arange(PATCHES)
    rank = np.array([rng.random() for _ in range(PATCHES)])
    rank[masks.any(0)] += 1
    rank[centres] += 2
    return np.sort(np.argpartition(-rank, count)[:count])


def _stack(arrays):
    return torch.stack(arrays) if torch.is_tensor(arrays[0]) else torch.from_numpy(np.stack(arrays))


def _row(pool, index, features, questions, kept, text, describe_weight):
    scene, masks = pool.scene(index), pool.masks(index)[:, kept]
    centres = np.searchsorted(kept, pool.centre_patch[index])
    row = _empty(text, len(kept))
    row["features"], row["places"] = features[torch.from_numpy(kept)], kept.astype(np.int64)
    row["here"] = MIDDLES[kept]
    start = 0
    for block, question in enumerate(questions):
        end = start + len(question.ids)
        row["ids"][start:end] = question.ids
        row["positions"][start:end] = TEXT_START + np.arange(end - start)
        row["blocks"][start:end] = block
        answer = slice(start + question.answer_start - 1, end - 1)
        row["labels"][answer] = question.ids[question.answer_start :]
        length = len(question.ids) - question.answer_start
        row["weight"][answer] = describe_weight if question.type == "describe" else 1 / math.sqrt(length)
        _aims(row, start, question, scene, masks, centres)
        start = end
    return row


def _empty(text, image):
    nan = np.full((text, 2), np.nan, np.float32)
    return {
        "ids": np.full(text, PAD, np.int64),
        "positions": np.full(text, TEXT_START, np.int64),
        "blocks": np.full(text, -1, np.int64),
        "labels": np.full(text, -1, np.int64),
        "weight": np.zeros(text, np.float32),
        "ground": np.zeros((text, 1 + image), bool),
        "pointer": np.zeros((text, 1 + image), bool),
        "counted": np.zeros((text, 1 + image), np.float32),
        "xy": nan.copy(),
        "region": np.full((text, 2), -1, np.int64),
        "number": np.full(text, -1, np.int64),
        "between": nan.copy(),
        "relation": np.full(text, -1, np.int64),
    }


def _aims(row, start, question, scene, masks, centres):
    """Targets of the auxiliary losses for one question."""
    for name, aims in (("ground", question.ground), ("pointer", question.pointer)):
        for token, entities in aims:
            if entities:
                row[name][start + token, 1:] = masks[list(entities)].any(0)
            else:
                row[name][start + token, 0] = True
    for token, entities in question.ground:
        if len(entities) == 1 and entities[0] < len(scene.things):
            thing = scene.things[entities[0]]
            row["xy"][start + token] = (thing.x / SIDE * 2 - 1, thing.y / SIDE * 2 - 1)
            row["region"][start + token] = (int(thing.x * 3 // SIDE), int(thing.y * 3 // SIDE))
    if question.counted:
        token, entities = question.counted
        share = 1 / (3 + len(entities))
        row["counted"][start + token, 0] = 3 * share
        row["counted"][start + token, 1 + centres[list(entities)]] = share
        row["number"][start + token] = len(entities)
    if question.relation:
        token, a, b, true = question.relation
        a, b = scene.things[a], scene.things[b]
        row["between"][start + token] = ((a.x - b.x) / 96, (a.y - b.y) / 96)
        row["relation"][start + token] = int(true)
