"""What the frozen model shows of each question: the input of every gate, and what its label is made of."""

import csv
import time
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch

from labels import Branch


@dataclass(frozen=True)
class Question:
    """A row of questions.tsv; one without a true answer is answered by the model."""

    picture: str
    type: str
    text: str
    truth: str | None


@dataclass
class Samples:
    """features [samples, layers, 2 * width]; full: one Branch for each; withdrawn: one for each and layer."""

    questions: list
    features: torch.Tensor
    full: list
    withdrawn: list

    def save(self, file: Path):
        file.parent.mkdir(parents=True, exist_ok=True)
        plain = [(vars(question), vars(full), [vars(branch) for branch in withdrawn]) for question, full, withdrawn in self]
        torch.save({"features": self.features, "samples": plain}, file)

    @staticmethod
    def load(file: Path):
        stored = torch.load(file, weights_only=True)
        rows = stored["samples"]
        return Samples(
            [Question(**question) for question, _, _ in rows],
            stored["features"],
            [Branch(**full) for _, full, _ in rows],
            [[Branch(**branch) for branch in withdrawn] for _, _, withdrawn in rows],
        )

    def __iter__(self):
        return zip(self.questions, self.full, self.withdrawn)


def questions_of(folder: Path):
    """Rows of questions.tsv in a folder of pictures: picture, type, question and, if there is one, the true answer."""
    with open(folder / "questions.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))[1:]
    return [Question(*row[:3], row[3] if len(row) > 3 else None) for row in rows]


def look(backbone, folder: Path, questions, own_answers):
    """Runs every question once through the whole model, and its text once more from each layer on."""
    features, full, withdrawn, start = [], [], [], time.monotonic()
    for picture, group in groupby(questions, key=lambda question: question.picture):
        seen = backbone.see(folder / picture)
        for question in group:
            inspection = backbone.inspect(seen, question.text, None if own_answers else question.truth)
            features.append(inspection.features)
            full.append(inspection.full)
            withdrawn.append(inspection.withdrawn)
            if len(full) % 200 == 0:
                print(f"{len(full)} of {len(questions)} questions, {time.monotonic() - start:.0f} s", flush=True)
    return Samples(list(questions), torch.stack(features), full, withdrawn)
