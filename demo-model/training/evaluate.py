"""Greedy answers of a checkpoint, by transformers alone, to a set of questions; exact match by type.

python evaluate.py CHECKPOINT HELDOUT [--answers FILE] [--pictures COUNT]"""

import argparse
import csv
from collections import defaultdict
from itertools import groupby
from pathlib import Path

import torch
import transformers
from PIL import Image
from transformers import AutoProcessor, LlavaForConditionalGeneration


def rows_of(folder: Path, pictures: int):
    """Rows of questions.tsv (picture, type, question, true answer), grouped by picture."""
    with open(folder / "questions.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))[1:]
    return [list(group) for _, group in groupby(rows, key=lambda row: row[0])][:pictures]


def answers(model, processor, picture, questions):
    """The greedy answers to questions about one picture, as one batch."""
    prompts = []
    for question in questions:
        content = [{"type": "image"}, {"type": "text", "text": question}]
        prompts.append(
            processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
        )
    inputs = processor(images=[picture] * len(prompts), text=prompts, return_tensors="pt", padding=True)
    with torch.inference_mode():
        tokens = model.generate(**inputs, max_new_tokens=48, do_sample=False)
    return processor.batch_decode(tokens[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


def evaluate(checkpoint: Path, folder: Path, answers_file: Path | None = None, pictures: int = 10_000):
    """(right, asked) for each type, for each closing mark, and for all but describe."""
    transformers.logging.disable_progress_bar()
    processor = AutoProcessor.from_pretrained(checkpoint)
    model = LlavaForConditionalGeneration.from_pretrained(checkpoint, dtype=torch.float32).eval()
    score, lines = defaultdict(lambda: [0, 0]), []
    for rows in rows_of(folder, pictures):
        found = answers(model, processor, Image.open(folder / rows[0][0]), [row[2] for row in rows])
        for (name, kind, question, truth), answer in zip(rows, found):
            right = answer.strip().lower() == truth.lower()
            mark = question[-1] if question[-1] in "?." else "none"
            group = "describe" if kind == "describe" else "all but describe"
            for key in {kind, f"mark {mark}, {group}", group}:
                score[key][0] += right
                score[key][1] += 1
            lines.append((name, kind, question, truth, answer.strip()))
    if answers_file:
        with open(answers_file, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t", lineterminator="\n").writerows(lines)
    return score


def table(score):
    return "\n".join(
        f"{key:30} {right / asked:.3f}  ({right} of {asked})" for key, (right, asked) in sorted(score.items())
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("heldout", type=Path)
    parser.add_argument("--answers", type=Path, help="writes every answer here")
    parser.add_argument("--pictures", type=int, default=10_000, help="only the first so many")
    arguments = parser.parse_args()
    print(table(evaluate(arguments.checkpoint, arguments.heldout, arguments.answers, arguments.pictures)))


if __name__ == "__main__":
    main()
