"""Draws tokens as docs/sampling.md specifies, to the bit: the Java runtimes draw the same."""

from typing import NamedTuple, Optional

import numpy as np

MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15

# fdlibm's e_exp.c
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
INVERSE_LN2 = 1.44269504088896338700e00
UNDERFLOW = -7.45133219101941108420e02
P1 = 1.66666666666666019037e-01
P2 = -2.77777777770155933842e-03
P3 = 6.61375632143793436117e-05
P4 = -1.65339022054652515390e-06
P5 = 4.13813679705723846039e-08


class Sampling(NamedTuple):
    temperature: float  # 0 is greedy
    top_p: float  # nucleus, in (0, 1]
    top_k: int  # 0: all
    seed: int
    top_logprobs: int

    def needs_full_row(self, candidates: int, vocabulary: int) -> bool:
        """Whether a draw can reach beyond the candidates."""
        cut = 1 <= self.top_k <= candidates
        return self.temperature > 0 and candidates < vocabulary and not cut


class LogitRow(NamedTuple):
    """What the last segment says about one next token."""

    candidate_logits: np.ndarray  # fp32 [candidates], by (logit descending, id ascending)
    candidate_ids: np.ndarray  # int64 [candidates]
    log_sum_exp: np.float32
    logits: Optional[np.ndarray]  # fp32 [vocabulary], if a draw needs it


class Token(NamedTuple):
    step: int
    id: int
    logprob: float
    top: list  # of (id, logprob), best first


def exp(x: np.ndarray) -> np.ndarray:
    """exp of numbers that are not above 0, with the bits of fdlibm (Java's StrictMath)."""
    high = (x.view(np.int64) >> 32) & 0x7FFFFFFF
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        k = np.where(high < 0x3FF0A2B2, -1.0, np.trunc(INVERSE_LN2 * x - 0.5))
        k = np.where(high > 0x3FD62E42, k, 0.0)
        hi = x - k * LN2_HIGH
        lo = k * LN2_LOW
        r = hi - lo
        t = r * r
        c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))))
        y = 1 - ((lo - (r * c) / (2 - c)) - hi)
        y = np.ldexp(y, np.nan_to_num(k, nan=0, neginf=-2000).astype(np.int32))
        y = np.where(high < 0x3E300000, 1 + x, y)
        return np.where(x < UNDERFLOW, 0.0, y)


def mix(z: int) -> int:
    """Finaliser of SplitMix64."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def uniform(seed: int, step: int) -> float:
    """A number in [0, 1) for each (seed, step)."""
    return (mix((mix(seed & MASK) + GAMMA * (step + 1)) & MASK) >> 11) * 2.0**-53


def sample(sampling: Sampling, step: int, row: LogitRow) -> Token:
    """Draws the token of a step; raises ArithmeticError if the logits are no numbers."""
    logits = row.candidate_logits
    if not (np.isfinite(row.log_sum_exp) and np.isfinite(logits[0])):
        raise ArithmeticError("the model's logits are not finite")
    if np.isnan(logits).any():
        raise ArithmeticError("the model's logits are not numbers")
    lse = float(row.log_sum_exp)
    if sampling.temperature == 0:
        drawn, logit = int(row.candidate_ids[0]), float(logits[0])
    else:
        drawn, logit = draw(sampling, step, row)
    count = min(sampling.top_logprobs, len(logits))
    top = [(int(row.candidate_ids[rank]), float(logits[rank]) - lse) for rank in range(count)]
    return Token(step, drawn, logit - lse, top)


def draw(sampling: Sampling, step: int, row: LogitRow) -> tuple:
    """Id and logit of the drawn token."""
    candidates = len(row.candidate_logits)
    size = candidates if row.logits is None else len(row.logits)
    limit = min(size, sampling.top_k) if sampling.top_k > 0 else size
    total = total_weight(sampling, row, limit, size)
    point = uniform(sampling.seed, step)
    found = walk(sampling, row.candidate_logits[:limit], total, point, limit)
    ids, logits = row.candidate_ids, row.candidate_logits
    if found is None:  # beyond the candidates: only now the vocabulary is sorted
        ids = np.argsort(0.0 - row.logits.astype(np.float64), kind="stable")
        logits = row.logits[ids]
        found = walk(sampling, logits[:limit], total, point, limit)
    return int(ids[found]), float(logits[found])


def weights(sampling: Sampling, logits: np.ndarray, best: np.float32) -> np.ndarray:
    return exp((logits.astype(np.float64) - float(best)) / sampling.temperature)


def total_weight(sampling: Sampling, row: LogitRow, limit: int, size: int) -> float:
    """Of the first `limit` tokens in ranking order; of all in the order of ids."""
    whole = row.logits is not None and limit == size
    logits = row.logits if whole else row.candidate_logits[:limit]
    if not whole and limit > len(logits):
        logits = np.sort(row.logits)[::-1][:limit]
    # cumsum adds one after the other, as Java does; sum() adds in pairs.
    total = np.cumsum(weights(sampling, logits, row.candidate_logits[0]))[-1]
    if np.isnan(total):
        raise ArithmeticError("the model's logits are not numbers")
    return float(total)


def walk(sampling, logits, total, point, limit) -> Optional[int]:
    """Rank of the drawn token; None if it lies beyond the logits that were given."""
    weight = weights(sampling, logits, logits[0])
    sums = np.cumsum(weight)
    mass, tokens = sampling.top_p * total, limit
    if sampling.top_p < 1:
        tokens = int(np.searchsorted(sums, mass, side="left")) + 1
        if tokens > len(sums):
            if len(sums) < limit:
                return None
            tokens = limit
        mass = sums[tokens - 1]
    rank = int(np.searchsorted(sums[:tokens], point * mass, side="right"))
    if rank < min(tokens, len(sums)):
        return rank
    if len(sums) < tokens:
        return None
    # Total and walk may round apart: the end belongs to the last token that weighs something.
    return int(np.flatnonzero(weight[:tokens])[-1])
