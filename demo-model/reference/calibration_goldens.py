"""calibration.json and kept.json: FitPrune's statistics and recipes, VTW's layer, and what the runtime rules keep.

Written the way the papers' sections say it, sample after sample and layer after layer, slowly: the product must come
to the same numbers by its own, faster way.
"""

import math
from dataclasses import dataclass, field

import torch

from checkpoint import CALIBRATION, CHECKPOINT, FORCED_STEPS, HELDOUT, IMAGE_TOKEN, questions, rounded, write_json
from pruned_forward import PrunedDecoder, Pruning

SAMPLES = 24
STATISTICS_SAMPLES = 2
SAVED_SHARES = [0.4, 0.7]
TOLERANCE = 0.01
ANSWER_TOKENS = [1, 3]
VTW_THRESHOLDS = [0.003, 0.05, 0.5]

KEPT_PICTURES = 52
KEEP = {
    "fitprune": [560, 500, 400, 300, 200, 150, 120, 100],
    "fastv": [576, 144, 144, 144, 144, 144, 144, 144],
}
KEPT_LAYERS = [1, 3, 7]
# Below this relative distance of two scores their order is rounding, not method.
SMALLEST_GAP = 2e-5


@torch.no_grad()
def write_calibration(reference):
    decoder = PrunedDecoder(CHECKPOINT / "model.safetensors", reference.model.config.text_config)
    samples = [Sample(reference, decoder, item) for item in questions(CALIBRATION)[:SAMPLES]]
    statistics = [_statistics(reference, sample) for sample in samples[:STATISTICS_SAMPLES]]
    fits = [Fit(decoder, samples, share).search() for share in SAVED_SHARES]
    withdrawals = [_withdrawal(decoder, samples, tokens) for tokens in ANSWER_TOKENS]
    write_json(
        "calibration.json",
        {
            "samples": [{"picture": s.item.picture, "question": s.item.text, "prompt_ids": s.prompt_ids} for s in samples],
            "statistics": statistics,
            "fitprune": fits,
            "vtw": withdrawals,
        },
    )
    for fit in fits:
        print(f"calibration.json: fitprune saving {fit['visual_saved_ratio']}: alpha {fit['alpha']}, {fit['deleted']}")
    for vtw in withdrawals:
        print(f"calibration.json: vtw over {vtw['answer_tokens']} tokens: layers {vtw['withdraw_layers']}")


class Sample:
    """One prompt: its rows as they enter layer 0."""

    def __init__(self, reference, decoder, item):
        self.item = item
        self.end_token = reference.tokenizer.eos_token_id
        prompt = reference.prompt(item.text)
        self.prompt_ids = reference.prompt_ids(prompt)
        self.inputs = reference.inputs(prompt, item.picture, item.folder)
        ids = self.inputs["input_ids"][0]
        is_visual = ids == IMAGE_TOKEN
        self.hidden = decoder.embed(ids)
        self.hidden[is_visual] = reference.visual_tokens(item.picture, item.folder)
        self.visual = torch.where(is_visual, is_visual.cumsum(0) - 1, -1)


def _statistics(reference, sample):
    """Section 1.2, from the attention maps of transformers: for each layer the self and the cross vector."""
    attentions = reference.model(**sample.inputs, output_attentions=True).attentions
    vectors = [_vectors(layer[0], sample.visual) for layer in attentions]
    return {
        "picture": sample.item.picture,
        "self": [rounded(own, 6) for own, _ in vectors],
        "cross": [rounded(cross, 6) for _, cross in vectors],
    }


def _vectors(attention, visual):
    """Head maximum, averaged over visual queries and over the text queries behind the picture. [alive] each"""
    is_visual = visual >= 0
    highest = attention.amax(dim=0)[:, is_visual]
    behind = ~is_visual & (torch.arange(len(visual)) > int(is_visual.nonzero()[-1]))
    return highest[is_visual].mean(dim=0), highest[behind].mean(dim=0)


@dataclass
class Flow:
    """A sample in the middle of a pass."""

    hidden: torch.Tensor
    positions: torch.Tensor
    visual: torch.Tensor
    spent: float = 0.0
    references: list = field(default_factory=list)

    @property
    def alive(self):
        return int((self.visual >= 0).sum())


class Fit:
    """Sections 1.3 and 1.4 to the letter: all samples in lock step, layer after layer, for each candidate alpha."""

    def __init__(self, decoder, samples, saved_share):
        self.decoder, self.samples, self.saved_share = decoder, samples, saved_share
        config = samples[0].hidden.shape[1], decoder.weights["language_model.model.layers.0.mlp.up_proj.weight"].shape[0]
        self.width, self.ffn = config
        self.masses = [self._masses(sample) for sample in samples]

    def search(self):
        low, high, found = 0.0, 1.0, None
        while high - low > TOLERANCE + 1e-6:
            alpha = (low + high) / 2
            deleted = self._evaluate(alpha)
            if deleted is None:
                low = alpha
            else:
                high, found = alpha, deleted
        assert found is not None, f"no alpha saves {self.saved_share}"
        return {"visual_saved_ratio": self.saved_share, "alpha": high, "deleted": found}

    def _masses(self, sample):
        """The summed masses of every layer without deletions: (self, cross) for each layer."""
        flow, masses = self._begin(sample), []
        for layer in range(self.decoder.layers):
            attended, attention = self._attend(layer, flow)
            masses.append(tuple(float(vector.double().sum()) for vector in _vectors(attention, flow.visual)))
            flow.hidden = self.decoder._finish(layer, flow.hidden, attended)
        return masses

    def _evaluate(self, alpha):
        """Mean deletions of each layer, or None if this alpha does not save enough."""
        flows = [self._begin(sample) for sample in self.samples]
        layers, recipe = self.decoder.layers, [0] * self.decoder.layers
        limit = sum(layers * (self._before(f.alive) + self._after(f.alive)) for f in flows) / len(flows)
        limit *= 1 - self.saved_share
        for layer in range(layers):
            expected = 0.0
            for flow in flows:
                flow.spent += self._before(flow.alive)
                rest = self._before(flow.alive) + self._after(flow.alive)
                expected += flow.spent + self._after(flow.alive) + (layers - 1 - layer) * rest
            if expected / len(flows) <= limit:
                return [total // len(flows) for total in recipe]
            for flow, masses in zip(flows, self.masses):
                attended, attention = self._attend(layer, flow)
                own, cross = _vectors(attention, flow.visual)
                dropped = _dispensable(own, alpha, masses[layer][0]) & _dispensable(cross, alpha, masses[layer][1])
                recipe[layer] += len(dropped)
                stays = torch.ones(len(flow.visual), dtype=torch.bool)
                stays[(flow.visual >= 0).nonzero().squeeze(1)[sorted(dropped)]] = False
                attended, hidden = attended[stays], flow.hidden[stays]
                flow.positions, flow.visual = flow.positions[stays], flow.visual[stays]
                flow.hidden = self.decoder._finish(layer, hidden, attended)
                flow.spent += self._after(flow.alive)
        return None

    def _begin(self, sample):
        return Flow(sample.hidden, torch.arange(len(sample.visual)), sample.visual)

    def _attend(self, layer, flow):
        self.decoder.cache = [(torch.empty(0), torch.empty(0))] * self.decoder.layers
        return self.decoder._attend(layer, flow.hidden, flow.positions)

    def _before(self, tokens):
        """MACs of a layer up to the attention's output."""
        return 3.0 * tokens * self.width**2 + 2.0 * tokens**2 * self.width

    def _after(self, tokens):
        """MACs of the rest of a layer."""
        return tokens * self.width**2 + 3.0 * self.width * self.ffn * tokens


def _dispensable(vector, alpha, reference):
    """The longest run of least attended tokens that leaves (1 - alpha) of the reference mass; one always stays."""
    values = vector.double().tolist()
    order = sorted(range(len(values)), key=lambda index: (values[index], index))
    left, dispensable = sum(values), set()
    for index in order[:-1]:
        left -= values[index]
        if left < (1 - alpha) * reference:
            break
        dispensable.add(index)
    return dispensable


def _withdrawal(decoder, samples, answer_tokens):
    """Section 2.3 by full passes, teacher-forced with the unpruned model's own greedy answer (section 2.6)."""
    layers = decoder.layers
    first = max(1, math.floor(5 * layers / 32 + 0.5))
    divergences = {layer: [] for layer in range(first, layers)}
    for sample in samples:
        everything = [int((sample.visual >= 0).sum())] * layers
        answer, full = _greedy(decoder, sample, everything, answer_tokens)
        for layer in divergences:
            keep = everything[: layer - 1] + [0] * (layers - layer + 1)
            withdrawn = _forced(decoder, sample, keep, answer)
            divergences[layer].append(sum(map(_divergence, withdrawn, full)) / len(full))
    means = {layer: sum(values) / len(values) for layer, values in divergences.items()}
    chosen = [next((k for k, mean in means.items() if mean <= threshold), layers) for threshold in VTW_THRESHOLDS]
    return {
        "answer_tokens": answer_tokens,
        "thresholds": VTW_THRESHOLDS,
        "withdraw_layers": chosen,
        "divergences": [{"layer": layer, "nats": float(f"{mean:.9g}")} for layer, mean in means.items()],
    }


def _greedy(decoder, sample, keep, limit):
    """The first tokens of the answer, the end of the sequence included, and the logits that chose them."""
    row, _ = decoder.prefill(sample.hidden, sample.visual, Pruning(keep, "fitprune"))
    rows, answer = [row], [int(row.argmax())]
    while len(answer) < limit and answer[-1] != sample.end_token:
        rows.append(decoder.step(answer[-1]))
        answer.append(int(rows[-1].argmax()))
    return answer, rows


def _forced(decoder, sample, keep, answer):
    row, _ = decoder.prefill(sample.hidden, sample.visual, Pruning(keep, "fitprune"))
    return [row] + [decoder.step(token) for token in answer[:-1]]


def _divergence(withdrawn, full):
    """KL(withdrawn || full) in nats."""
    q, p = withdrawn.double().log_softmax(dim=0), full.double().log_softmax(dim=0)
    return float((q.exp() * (q - p)).sum())


@torch.no_grad()
def write_kept(reference):
    """What FitPrune's and FastV's runtime rules keep of many pictures, and where 16 further tokens lead."""
    decoder = PrunedDecoder(CHECKPOINT / "model.safetensors", reference.model.config.text_config)
    one_each = {item.picture: item for item in questions(HELDOUT) + questions(CALIBRATION)}
    entries, undecided, smallest = [], 0, math.inf
    for item in one_each.values():
        if len(entries) == KEPT_PICTURES * len(KEEP):
            break
        sample = Sample(reference, decoder, item)
        cases = [_kept(decoder, sample, ranking) for ranking in KEEP]
        if all(gap >= SMALLEST_GAP for _, gap in cases):
            entries += [entry for entry, _ in cases]
            smallest = min([smallest] + [gap for _, gap in cases])
        else:
            undecided += 1
    assert len(entries) == KEPT_PICTURES * len(KEEP), f"only {len(entries)} cases are decided"
    write_json("kept.json", entries)
    print(f"kept.json: {len(entries)} cases, smallest gap {smallest:.1e}; {undecided} pictures are nearer and left out")


def _kept(decoder, sample, ranking):
    keep = KEEP[ranking]
    row, trace = decoder.prefill(sample.hidden, sample.visual, Pruning(keep, ranking))
    tokens = []
    for _ in range(FORCED_STEPS):
        tokens.append(int(row.argmax()))
        row = decoder.step(tokens[-1])
    gap = min(_gap(score, keep[layer]) for layer, score in trace.importance.items())
    entry = {
        "picture": f"{sample.item.folder.name}/{sample.item.picture}",
        "question": sample.item.text,
        "prompt_ids": sample.prompt_ids,
        "ranking": ranking,
        "keep": keep,
        "kept": [{"layer": l, "indices": trace.kept[l].tolist()} for l in KEPT_LAYERS if l in trace.kept],
        "token_ids": tokens,
        "last_logits": rounded(row, 6),
    }
    return entry, gap


def _gap(score, keep):
    """Relative distance between the lowest kept and the highest dropped score."""
    ordered = score.sort(descending=True).values
    return float((ordered[keep - 1] - ordered[keep]) / ordered[keep - 1])
