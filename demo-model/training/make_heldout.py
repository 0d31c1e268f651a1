"""Draws a set of pictures and questions from seeds that the model's training never uses: to measure it (heldout), to
find recipes (calibration), to train exit gates (gates).

python make_heldout.py FOLDER [heldout|calibration|gates]"""

import csv
import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from drawing import render
from questions import MARKS, TYPES, ask
from scene import seeded_scene


@dataclass(frozen=True)
class PictureSet:
    pictures: int
    questions_each: int


SETS = {"heldout": PictureSet(240, 6), "calibration": PictureSet(80, 1), "gates": PictureSet(700, 6)}


def questions_of(rng, scene, asked: Counter, wanted: int):
    """Questions of different types, those first that were asked least so far."""
    chosen = []
    for kind in sorted(TYPES, key=lambda kind: (asked[kind], rng.random())):
        question = ask(rng, scene, kind)
        if question and len(chosen) < wanted:
            question.mark = MARKS[asked[kind] % len(MARKS)]
            asked[kind] += 1
            chosen.append(question)
    return chosen


def main(folder: Path, purpose: str):
    chosen = SETS[purpose]
    folder.mkdir(parents=True, exist_ok=True)
    asked, rows = Counter(), []
    for index in range(chosen.pictures):
        scene = seeded_scene(purpose, index)
        name = f"{purpose[0]}{index:03d}.jpg"
        pixels, _ = render(scene, f"winnow/{purpose}/pixels/{index}")
        Image.fromarray(pixels).save(folder / name, quality=95, subsampling=0, optimize=True)
        rng = random.Random(f"winnow/{purpose}/questions/{index}")
        for question in questions_of(rng, scene, asked, chosen.questions_each):
            text = question.text[0].upper() + question.text[1:]
            rows.append((name, question.type, text, question.truth))
    with open(folder / "questions.tsv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("picture", "type", "question", "true answer"))
        writer.writerows(rows)
    print(f"{chosen.pictures} pictures, {len(rows)} questions: {dict(asked)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "heldout")
