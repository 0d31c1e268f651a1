"""Weights from a formula, so that Python and Java make the same checkpoint and none is stored.

Element i of a tensor comes from its name alone, and from a salt that tells checkpoints apart:

    seed = FNV-1a (64 bits) of salt and name in UTF-8
    z    = SplitMix64's output function of seed + (i + 1) * 0x9E3779B97F4A7C15, modulo 2^64
    u    = (z >> 40) / 2^23 - 1, which is in [-1, 1)

and the element is, computed in float64 and rounded to float32,

    1 + 0.1 u           for a norm's weight (a name with "norm" and ".weight")
    0.2 u               for a bias
    0.5 u               for embeddings (a name with "embed", but not the patch embedding)
    k u / sqrt(n)       for the rest, n being the product of all dimensions but the first

where k is 3 for queries and keys, so that attention is not flat, and 1.7 for all others. The Java
side is GeneratedTensor in modelkit's tests.
"""

import numpy as np
import torch

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15


def uniform(name, count):
    """The first so many numbers of a name, in [-1, 1). float64 [count]"""
    with np.errstate(over="ignore"):
        z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(STEP) + np.uint64(_seed(name))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1


def integers(name, count, bound):
    """The first so many integers of a name, in [0, bound)."""
    return [min(int((value + 1) / 2 * bound), bound - 1) for value in uniform(name, count)]


def tensor(salt, name, shape, dtype):
    """The tensor of this name as a checkpoint of this dtype holds it, in float32."""
    u = uniform(salt + name, int(np.prod(shape)))
    if "norm" in name and name.endswith(".weight"):
        values = 1 + 0.1 * u
    elif name.endswith(".bias"):
        values = 0.2 * u
    elif "embed" in name and "patch" not in name:
        values = 0.5 * u
    else:
        k = 3.0 if "q_proj" in name or "k_proj" in name else 1.7
        values = k * u / np.sqrt(np.float64(np.prod(shape[1:])))
    exact = torch.from_numpy(values.astype(np.float32)).reshape(shape)
    return exact.to(dtype).to(torch.float32)


def _seed(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value
