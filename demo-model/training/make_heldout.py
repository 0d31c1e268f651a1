"""Draws the held-out set: pictures and questions from a seed that training never uses.

python make_heldout.py FOLDER"""

import csv
import random
import sys
from collections import Counter
from pathlib import Path

from PIL import Image

from drawing import render
from questions import MARKS, TYPES, ask
from scene import seeded_scene

PURPOSE = "heldout"
PICTURES, QUESTIONS_EACH = 240, 6


def questions_of(rng, scene, asked: Counter):
    """Questions of different types, those first that were asked least so far."""
    chosen = []
    for kind in sorted(TYPES, key=lambda kind: (asked[kind], rng.random())):
        question = ask(rng, scene, kind)
        if question and len(chosen) < QUESTIONS_EACH:
            question.mark = MARKS[asked[kind] % len(MARKS)]
            asked[kind] += 1
            chosen.append(question)
    return chosen


def main(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    asked, rows = Counter(), []
    for index in range(PICTURES):
        scene = seeded_scene(PURPOSE, index)
        name = f"h{index:03d}.jpg"
        pixels, _ = render(scene, f"winnow/{PURPOSE}/pixels/{index}")
        Image.fromarray(pixels).save(folder / name, quality=95, subsampling=0, optimize=True)
        for question in questions_of(random.Random(f"winnow/{PURPOSE}/questions/{index}"), scene, asked):
            text = question.text[0].upper() + question.text[1:]
            rows.append((name, question.type, text, question.truth))
    with open(folder / "questions.tsv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("picture", "type", "question", "true answer"))
        writer.writerows(rows)
    print(f"{PICTURES} pictures, {len(rows)} questions: {dict(asked)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
