"""pruned.json: visual tokens removed inside the decoder, and how that changes the logits."""

import torch

from checkpoint import CHECKPOINT, FORCED_STEPS, IMAGE_TOKEN, question, rounded, smallest_margin, write_json
from pruned_forward import PrunedDecoder, Pruning

QUESTIONS = ["ex00-where", "ex01-ocr", "ex05-describe", "ex09-color"]
VISUAL_TOKENS = 576
LAYERS = 8
STORED_ROWS = list(range(0, FORCED_STEPS + 1, 4))
STATUS_LAYERS = [1, 3, 5, 7]
SEED = 20240607
TOLERANCE = 1e-5

KEEP = {
    "keep-all": [VISUAL_TOKENS] * LAYERS,
    "vtw-4": [VISUAL_TOKENS] * 3 + [0] * 5,
    "fitprune": [576, 500, 400, 300, 200, 150, 120, 100],
    "fastv-2": [VISUAL_TOKENS] + [144] * 7,
    "given-4": [VISUAL_TOKENS] * 3 + [200] * 5,
}
RANKING = {"fastv-2": "fastv", "given-4": "given"}


def write_pruned(reference):
    decoder = PrunedDecoder(CHECKPOINT / "model.safetensors", reference.model.config.text_config)
    generator = torch.Generator().manual_seed(SEED)
    print("pruned.json: case, distance to transformers, smallest gap at the border of a ranking and of the tokens")
    entries = []
    for name in QUESTIONS:
        for case, keep in KEEP.items():
            # Two decimals only: the ties test that the lower index wins.
            scores = (torch.rand(VISUAL_TOKENS, generator=generator) * 100).round() / 100
            ranking = RANKING.get(case, "fitprune")
            pruning = Pruning(keep, ranking, scores if ranking == "given" else None)
            entries.append(_entry(reference, decoder, question(name), case, pruning))
    write_json("pruned.json", entries)


def _entry(reference, decoder, item, case, pruning):
    prompt = reference.prompt(item.text)
    inputs = reference.inputs(prompt, item.picture)
    hidden, visual = _embed(reference, decoder, inputs["input_ids"][0], item.picture)
    tokens, logits, trace = _run(decoder, hidden, visual, pruning)
    distance = _verify(reference, inputs, visual, tokens, logits, trace)
    gap = _smallest_gap(trace, pruning)
    print(f"  {item.name} {case}: {distance:.1e} {gap:.1e} {smallest_margin(logits):.1e}")
    last = max(trace.kept, default=None)
    entry = {
        "name": f"{item.name}-{case}",
        "case": case,
        "question": item.text,
        "picture": item.picture,
        "prompt_ids": reference.prompt_ids(prompt),
        "keep": pruning.keep,
        "ranking": pruning.ranking,
        "scores": None if pruning.scores is None else rounded(pruning.scores),
        "kept": [{"layer": layer, "indices": indices.tolist()} for layer, indices in trace.kept.items()],
        "importance_last_layer": last,
        "importance_last": None if last is None else rounded(trace.importance[last], 6),
        "token_ids": tokens,
        "logit_rows": STORED_ROWS,
        "logits": rounded(logits[STORED_ROWS]),
    }
    if case == "keep-all":
        entry["text_status_layers"] = STATUS_LAYERS
        entry["text_status"] = rounded(_text_status(trace, visual))
    return entry


def _embed(reference, decoder, ids, picture):
    """Embeddings with the visual tokens in place, and each row's visual index or -1."""
    is_visual = ids == IMAGE_TOKEN
    hidden = decoder.embed(ids)
    hidden[is_visual] = reference.visual_tokens(picture)
    visual = torch.where(is_visual, is_visual.cumsum(0) - 1, -1)
    return hidden, visual


def _run(decoder, hidden, visual, pruning):
    row, trace = decoder.prefill(hidden, visual, pruning)
    rows, tokens = [row], []
    for _ in range(FORCED_STEPS):
        tokens.append(int(rows[-1].argmax()))
        rows.append(decoder.step(tokens[-1]))
    return tokens, torch.stack(rows), trace


def _verify(reference, inputs, visual, tokens, logits, trace):
    """Compares with transformers, where later layers are forbidden to look at what was dropped.

    A row that is not looked at any more changes nothing, so masking and removal must agree. Returns
    the largest difference of a logit, relative to the largest logit.
    """
    hooks = [
        layer.self_attn.register_forward_pre_hook(_hide(visual, _alive_before(trace, index)), with_kwargs=True)
        for index, layer in enumerate(reference.model.model.language_model.layers)
    ]
    ids = torch.cat([inputs["input_ids"][0], torch.tensor(tokens)])[None]
    expected = reference.model(input_ids=ids, pixel_values=inputs["pixel_values"]).logits[0, len(visual) - 1 :]
    for hook in hooks:
        hook.remove()
    distance = float((logits - expected).abs().max() / expected.abs().max())
    assert distance < TOLERANCE, f"the pruned forward is {distance} away from transformers"
    return distance


def _alive_before(trace, layer):
    """Visual indices that enter a layer, or None for all."""
    earlier = [index for index in trace.kept if index < layer]
    return trace.kept[max(earlier)] if earlier else None


def _hide(visual, alive):
    hidden_rows = torch.zeros(len(visual) + FORCED_STEPS, dtype=torch.bool)
    if alive is not None:
        hidden_rows[: len(visual)] = (visual >= 0) & ~torch.isin(visual, alive)

    def hook(module, args, kwargs):
        mask = kwargs["attention_mask"].clone()
        mask[..., hidden_rows] = torch.finfo(mask.dtype).min
        return args, {**kwargs, "attention_mask": mask}

    return hook


def _smallest_gap(trace, pruning):
    """The smallest relative distance between the lowest kept and the highest dropped score."""
    gaps = [float("inf")]
    for layer, score in trace.importance.items():
        ordered = score.sort(descending=True).values
        keep = pruning.keep[layer]
        if 0 < keep < len(ordered):
            gaps.append(float((ordered[keep - 1] - ordered[keep]) / ordered[keep - 1]))
    return min(gaps)


def _text_status(trace, visual):
    """Mean over the text rows after the picture without the last row, and the last row. [layers, 2, width]"""
    first = int((visual >= 0).nonzero()[-1]) + 1
    text = [trace.outputs[layer][first:] for layer in STATUS_LAYERS]
    return torch.stack([torch.stack([(rows[:-1] if len(rows) > 1 else rows).mean(dim=0), rows[-1]]) for rows in text])
