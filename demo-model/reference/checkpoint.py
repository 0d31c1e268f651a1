"""The bundled checkpoint as Hugging Face transformers loads it, and what every golden shares."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from PIL import Image
from transformers import AutoProcessor, LlavaForConditionalGeneration

ROOT = Path(__file__).resolve().parent.parent
CHECKPOINT = ROOT / "checkpoint"
PICTURES = ROOT / "pictures"
HELDOUT = ROOT / "heldout"
CALIBRATION = ROOT / "calibration"
GOLDENS = ROOT / "goldens"

IMAGE_TOKEN = 4
FORCED_STEPS = 16


@dataclass(frozen=True)
class Question:
    """A row of questions.tsv."""

    picture: str
    type: str
    text: str
    truth: str
    reference_answer: str = ""
    folder: Path = PICTURES

    @property
    def name(self):
        return f"{Path(self.picture).stem}-{self.type}"


class Reference:
    """The model in float32 with eager attention, its processor, and prompts for it."""

    def __init__(self):
        transformers.logging.disable_progress_bar()
        self.processor = AutoProcessor.from_pretrained(CHECKPOINT)
        self.tokenizer = self.processor.tokenizer
        self.model = LlavaForConditionalGeneration.from_pretrained(
            CHECKPOINT, dtype=torch.float32, attn_implementation="eager"
        ).eval()

    def prompt(self, question, with_picture=True):
        """The rendered chat template for one user turn."""
        content = [{"type": "text", "text": question}]
        if with_picture:
            content.insert(0, {"type": "image"})
        messages = [{"role": "user", "content": content}]
        return self.processor.apply_chat_template(messages, add_generation_prompt=True)

    def prompt_ids(self, prompt):
        """Token ids with one image token for each picture."""
        return self.tokenizer(prompt).input_ids

    def inputs(self, prompt, picture=None, folder=PICTURES):
        """Model inputs; the processor expands the image token to one per visual token."""
        if picture is None:
            return self.tokenizer(prompt, return_tensors="pt")
        return self.processor(images=open_picture(picture, folder), text=prompt, return_tensors="pt")

    def visual_tokens(self, picture, folder=PICTURES):
        """Visual tokens after the projector. [576, 128]"""
        pixels = self.processor.image_processor(open_picture(picture, folder), return_tensors="pt").pixel_values
        return self.model.get_image_features(pixel_values=pixels).pooler_output[0]

    def forced_greedy(self, inputs, steps=FORCED_STEPS):
        """Greedy tokens, going on past the end-of-sequence token, and their logits. [steps + 1, vocab]"""
        output = self.model(**inputs, use_cache=True)
        rows, tokens = [output.logits[0, -1]], []
        for _ in range(steps):
            tokens.append(int(rows[-1].argmax()))
            output = self.model(
                input_ids=torch.tensor([[tokens[-1]]]), past_key_values=output.past_key_values, use_cache=True
            )
            rows.append(output.logits[0, -1])
        return tokens, torch.stack(rows)


def open_picture(name, folder=PICTURES):
    return Image.open(folder / name)


def questions(folder=PICTURES):
    """The rows of the folder's questions.tsv; only the bundled pictures' have a reference answer."""
    with open(folder / "questions.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    return [Question(*row, folder=folder) for row in rows[1:]]


def write_questions(rows):
    """Writes questions.tsv; the header stays."""
    path = PICTURES / "questions.tsv"
    header = path.read_text(encoding="utf-8").splitlines()[0]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(header + "\n")
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows(
            (row.picture, row.type, row.text, row.truth, row.reference_answer) for row in rows
        )


def question(name):
    """The question with this name, for example ex05-describe."""
    return next(candidate for candidate in questions() if candidate.name == name)


def rounded(tensor, digits=7):
    """Nested lists of floats with so many significant digits."""
    if tensor.dim() > 1:
        return [rounded(row, digits) for row in tensor]
    return [float(f"{value:.{digits}g}") for value in tensor.tolist()]


def smallest_margin(logits):
    """The smallest distance between the best and the second-best logit of any row."""
    best = logits.topk(2, dim=-1).values
    return float((best[:, 0] - best[:, 1]).min())


def write_json(name, value):
    """Writes one list entry per line, so that a change shows up as a small diff."""
    text = _lines(value) if isinstance(value, list) else _sections(value)
    (GOLDENS / name).write_text(text + "\n", encoding="utf-8")


def _sections(sections):
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {_lines(value)}" for key, value in sections.items()) + "\n}"


def _lines(entries):
    return "[\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n]"
