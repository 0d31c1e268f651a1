"""A frozen LLaVA checkpoint: what the text knows behind every layer, and the answer if the visual tokens went there."""

from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from PIL import Image
from transformers import AutoProcessor, DynamicCache, LlavaForConditionalGeneration

from labels import Branch

MAX_ANSWER_TOKENS = 64


@dataclass
class Seen:
    """A picture, and the prompt up to its last visual token, run once for all questions about it."""

    image: Image.Image
    tokens: torch.Tensor  # [visual, width]
    ids: torch.Tensor  # [rows], empty until the first question
    cache: DynamicCache
    text_states: list  # of the text rows behind each layer, [text, width] each


@dataclass(frozen=True)
class Inspection:
    """features: text status behind each layer but the last [layers - 1, 2 * width]; withdrawn: one branch for each."""

    features: torch.Tensor
    full: Branch
    withdrawn: list


class Backbone:
    """One question at a time. Rows keep their positions when others leave."""

    def __init__(self, folder: Path, device="cpu", dtype=torch.float32):
        transformers.logging.disable_progress_bar()
        self.processor = AutoProcessor.from_pretrained(folder)
        self.model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa")
        self.model.eval().to(device)
        self.decoder = self.model.model.language_model
        self.image_token = self.model.config.image_token_id
        self.device = device
        self.dtype = dtype

    @torch.inference_mode()
    def see(self, picture: Path):
        with Image.open(picture) as opened:
            image = opened.convert("RGB")
        pixels = self.processor.image_processor(image, return_tensors="pt").pixel_values.to(self.device, self.dtype)
        tokens = torch.cat(list(self.model.get_image_features(pixel_values=pixels).pooler_output))
        return Seen(image, tokens, torch.empty(0, dtype=torch.long), DynamicCache(), [])

    @torch.inference_mode()
    def inspect(self, seen: Seen, question, truth=None):
        """truth: the answer to force; None: the model's own greedy one."""
        prompt, answer = self._ids(seen, question, truth)
        start = int((prompt == self.image_token).nonzero().max()) + 1
        self._look(seen, prompt[:start])
        states = self._extend(seen.cache, prompt[start:])
        if truth is None:
            states, answer = self._answer(seen.cache, states)
        else:
            states = _joined(states, self._extend(seen.cache, answer))
        seen.cache.crop(start - seen.cache.get_seq_length())
        rows = len(prompt) - start
        features = torch.stack([status(state[:rows]) for state in states[:-1]]).float().cpu()
        text = [torch.cat([before, state]) for before, state in zip(seen.text_states, states)]
        positions = torch.cat([(seen.ids != self.image_token).nonzero().squeeze(1), start + self._range(len(states[0]))])
        withdrawn = self._withdrawn(text, positions)
        return Inspection(
            features, self._branch(states[-1], answer), [self._branch(state, answer) for state in withdrawn]
        )

    def _ids(self, seen, question, truth):
        """Token ids of the prompt, the picture's token repeated, and of the answer with the end of the sequence."""
        content = [{"type": "image"}, {"type": "text", "text": question}]
        text = self.processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
        prompt = self._encode(seen, text)
        if truth is None:
            return prompt, None
        both = self._encode(seen, (text if text[-1].isspace() else text + " ") + truth)
        end = torch.tensor([self.processor.tokenizer.eos_token_id], device=self.device)
        return prompt, torch.cat([both[len(prompt) :], end])

    def _encode(self, seen, text):
        return self.processor(images=seen.image, text=text, return_tensors="pt")["input_ids"][0].to(self.device)

    def _look(self, seen, ids):
        """Runs the rows up to the last visual one, unless the question before has them already."""
        if torch.equal(seen.ids, ids):
            return
        seen.ids, seen.cache = ids, DynamicCache()
        is_text = ids != self.image_token
        rows = self.model.get_input_embeddings()(ids)
        rows[~is_text] = seen.tokens
        seen.text_states = [state[is_text] for state in self._run(rows, seen.cache)]

    def _extend(self, cache, ids):
        return self._run(self.model.get_input_embeddings()(ids), cache)

    def _run(self, rows, cache):
        """States behind each layer [layers][rows, width] of rows that follow those in the cache."""
        past = cache.get_seq_length()
        hidden, positions = rows[None], past + self._range(len(rows))[None]
        allowed = self._range(past + len(rows))[None] <= positions[0][:, None]
        rotary = self.decoder.rotary_emb(hidden, positions)
        states = []
        for layer in self.decoder.layers:
            hidden = layer(
                hidden,
                attention_mask=allowed[None, None],
                position_ids=positions,
                position_embeddings=rotary,
                past_key_values=cache,
            )
            states.append(hidden[0])
        return states

    def _answer(self, cache, states):
        """The greedy answer, and the states with its tokens appended."""
        answer, ends = [], self._ends()
        while len(answer) < MAX_ANSWER_TOKENS and not (answer and int(answer[-1]) in ends):
            answer.append(self._logits(states[-1][-1:]).argmax(-1))
            states = _joined(states, self._extend(cache, answer[-1]))
        return states, torch.cat(answer)

    def _ends(self):
        ends = self.model.generation_config.eos_token_id
        return set(ends if isinstance(ends, list) else [ends])

    def _withdrawn(self, states, positions):
        """Last states of the text rows alone, for each layer behind which the visual rows go. [layers - 1, text, width]"""
        rotary = self.decoder.rotary_emb(states[0][None], positions[None])
        branches = states[0][None][:0]
        for number, layer in enumerate(self.decoder.layers[1:]):
            branches = torch.cat([branches, states[number][None]])
            branches = layer(branches, position_ids=positions[None], position_embeddings=rotary)
        return branches

    def _branch(self, state, answer):
        """What the last state says at the rows that precede the answer's tokens, which stand at the end."""
        logits = self._logits(state[-len(answer) - 1 : -1])
        losses = torch.nn.functional.cross_entropy(logits, answer, reduction="none")
        return Branch(tuple(logits.argmax(-1).tolist()), tuple(losses.tolist()))

    def _logits(self, rows):
        return self.model.lm_head(self.decoder.norm(rows)).float()

    def _range(self, end):
        return torch.arange(end, device=self.device)


def status(rows):
    """Mean of the text rows after the picture without the last, and the last; one row is its own mean. [2 * width]"""
    others = rows[:-1] if len(rows) > 1 else rows
    return torch.cat([others.mean(0), rows[-1]])


def _joined(states, more):
    return [torch.cat([state, further]) for state, further in zip(states, more)]
