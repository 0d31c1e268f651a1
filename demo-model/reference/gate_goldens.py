"""gates.json: what DyVTE's gates see and say behind every layer, and the answers after an exit.

Read from transformers by hooks, with the rows that went masked away from the later layers' text: slow, and by another
way than the training in ../gates, which takes them out."""

import json

import torch
from safetensors.torch import load_file

from checkpoint import CHECKPOINT, HELDOUT, IMAGE_TOKEN, questions, rounded, write_json

QUESTIONS = 132
DETAILED = 12  # so many of them with the text status of every layer
ANSWER_TOKENS = 8
# Below this margin rounding decides, not the gate.
SMALLEST_MARGIN = 1e-2
# Prompts of other kinds: text, and (picture of the held-out set, visual tokens taken of it) for each image token.
OTHERS = {
    "two pictures": ("USER: <image>\n and <image>\nis the red circle big or small? ASSISTANT:", [("h000.jpg", 250), ("h001.jpg", 120)]),
    "text before the picture": ("USER: look at this <image>\nwhat color is it? ASSISTANT:", [("h002.jpg", 576)]),
    "one text row after the picture": ("USER: how many stars are there ASSISTANT: <image>\n?", [("h003.jpg", 576)]),
    "no picture": ("USER: is there a red circle? ASSISTANT:", []),
}


def write_gates(reference):
    gates = Gates()
    decoder = reference.model.model.language_model
    chosen = []
    for item in questions(HELDOUT):
        if len(chosen) == QUESTIONS:
            break
        prompt = reference.prompt(item.text)
        inputs = reference.inputs(prompt, item.picture, HELDOUT)
        rows, visual = _embedded(reference, inputs["input_ids"][0], [reference.visual_tokens(item.picture, HELDOUT)])
        states = _states(decoder, rows)
        status = [_text_status(state, visual) for state in states[:-1]]
        logits = gates.logits(status)
        margins = [float(exit_ - keep) for keep, exit_ in logits]
        if min(abs(margin) for margin in margins) < SMALLEST_MARGIN:
            continue
        layer = next((layer for layer, margin in enumerate(margins) if margin > 0), None)
        entry = {
            "picture": f"{HELDOUT.name}/{item.picture}",
            "type": item.type,
            "question": item.text,
            "prompt_ids": reference.prompt_ids(prompt),
            "exit_layer": layer,
            "logits": rounded(torch.stack(logits), 6),
            "token_ids": _answer(reference, rows, visual, layer),
        }
        if len(chosen) < DETAILED:
            entry["text_status"] = rounded(torch.stack(status), 6)
        chosen.append(entry)
    others = [_other(reference, gates, name, *case) for name, case in OTHERS.items()]
    write_json("gates.json", {"questions": chosen, "prompts": others})
    exits = [entry["exit_layer"] for entry in chosen]
    print(f"gates.json: exits by layer {[exits.count(layer) for layer in range(len(chosen[0]['logits']))]}, none {exits.count(None)}")


class Gates:
    """logits = W2 * GELU(W1 * x), one line at a time."""

    def __init__(self):
        folder = CHECKPOINT / "exit_gates"
        self.layers = json.loads((folder / "config.json").read_text(encoding="utf-8"))["layers"]
        self.weights = {name: weight.float() for name, weight in load_file(folder / "model.safetensors").items()}

    def logits(self, status):
        """Keep and exit for each gated layer, of the status behind it [2 * width]."""
        found = []
        for layer in self.layers:
            inner = self.weights[f"layers.{layer}.first.weight"] @ status[layer]
            inner = inner * 0.5 * (1 + torch.erf(inner / 2**0.5))
            found.append(self.weights[f"layers.{layer}.second.weight"] @ inner)
        return found


def _other(reference, gates, name, text, pictures):
    prompt_ids = reference.tokenizer(text).input_ids
    tokens = [reference.visual_tokens(picture, HELDOUT)[:count] for picture, count in pictures]
    counts = iter(count for _, count in pictures)
    expanded = [row for token in prompt_ids for row in [token] * (next(counts) if token == IMAGE_TOKEN else 1)]
    rows, visual = _embedded(reference, torch.tensor(expanded), tokens)
    status = [_text_status(state, visual) for state in _states(reference.model.model.language_model, rows)[:-1]]
    return {
        "name": name,
        "pictures": [{"picture": f"{HELDOUT.name}/{picture}", "tokens": count} for picture, count in pictures],
        "prompt_ids": prompt_ids,
        "text_status": rounded(torch.stack(status), 6),
        "logits": rounded(torch.stack(gates.logits(status)), 6),
    }


def _embedded(reference, ids, visual_tokens):
    """Rows as they enter layer 0, and which of them are visual."""
    visual = ids == IMAGE_TOKEN
    rows = reference.model.get_input_embeddings()(ids)
    if visual.any():
        rows[visual] = torch.cat(visual_tokens)
    return rows, visual


def _states(decoder, rows):
    """Output of each layer, the final norm not applied. [layers][rows, width]"""
    states = []
    hooks = [layer.register_forward_hook(lambda module, args, output: states.append(output[0])) for layer in decoder.layers]
    decoder(inputs_embeds=rows[None], use_cache=False)
    for hook in hooks:
        hook.remove()
    return states


def _text_status(state, visual):
    """Text rows after the last picture: mean of all but the last, and the last; a single row is both. [2 * width]"""
    first = int(visual.nonzero().max()) + 1 if visual.any() else 0
    text = state[first:]
    others = text[:-1] if len(text) > 1 else text
    return torch.cat([others.mean(dim=0), text[-1]])


def _answer(reference, rows, visual, exit_layer):
    """Greedy tokens, going on past the end of the sequence, no later layer looking at visual rows."""
    decoder, head = reference.model.model.language_model, reference.model.lm_head
    hooks = []
    if exit_layer is not None:
        hooks = [
            layer.self_attn.register_forward_pre_hook(_blind(visual), with_kwargs=True)
            for layer in decoder.layers[exit_layer + 1 :]
        ]
    tokens = []
    output = decoder(inputs_embeds=rows[None], use_cache=True)
    for _ in range(ANSWER_TOKENS):
        tokens.append(int(head(output.last_hidden_state[0, -1]).argmax()))
        if len(tokens) < ANSWER_TOKENS:
            next_row = reference.model.get_input_embeddings()(torch.tensor([[tokens[-1]]]))
            output = decoder(inputs_embeds=next_row, past_key_values=output.past_key_values, use_cache=True)
    for hook in hooks:
        hook.remove()
    return tokens


def _blind(visual):
    def hook(module, args, kwargs):
        mask = kwargs["attention_mask"].clone()
        mask[..., : len(visual)].masked_fill_(visual, torch.finfo(mask.dtype).min)
        return args, {**kwargs, "attention_mask": mask}

    return hook
