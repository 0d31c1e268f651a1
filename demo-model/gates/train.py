"""Trains the exit gates of a LLaVA checkpoint, the model itself frozen, and writes them into its folder.

python train.py CHECKPOINT QUESTIONS

QUESTIONS is a folder of pictures with a questions.tsv: picture, type, question, true answer, tab-separated, one header
line. The last column may be missing with --own-answers."""

import argparse
import random
from pathlib import Path

import torch

from fingerprint import KEY, weights_sha256
from gates import Gates, hidden_size, save
from labels import RULES, exits
from report import table
from samples import Samples, look, questions_of


def labels_of(samples: Samples, rule, tau):
    """1 where the visual tokens may go. [samples, layers] int64"""
    return torch.tensor(
        [[int(exits(rule, full, branch, tau)) for branch in withdrawn] for _, full, withdrawn in samples]
    )


def split(questions, share, seed):
    """Numbers of the questions to train on and of those held back; no picture is in both."""
    pictures = sorted({question.picture for question in questions})
    random.Random(seed).shuffle(pictures)
    held = set(pictures[: max(1, round(share * len(pictures)))])
    back = [number for number, question in enumerate(questions) if question.picture in held]
    return [number for number in range(len(questions)) if number not in set(back)], back


def scale_of(features):
    """What brings each feature to unit size; without biases in the gates nothing can be subtracted. [layers, 2 * width]"""
    return 1 / features.pow(2).mean(0).sqrt().clamp_min(1e-6)


def fit(features, labels, width, arguments):
    """All gates at once: they share no weight, so one sum of losses is each gate's own loss.

    The paper draws one layer for each step, since there each layer costs another pass of the model."""
    torch.manual_seed(arguments.seed)
    gates = Gates(features.shape[1], width)
    optimizer = torch.optim.AdamW(gates.parameters(), lr=arguments.rate, weight_decay=0)
    steps = arguments.epochs * -(-len(features) // arguments.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, arguments.rate, total_steps=steps, pct_start=0.03)
    for _ in range(arguments.epochs):
        for batch in torch.randperm(len(features)).split(arguments.batch):
            loss = torch.nn.functional.cross_entropy(gates(features[batch]).flatten(0, 1), labels[batch].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return gates


def samples_of(arguments):
    """From --samples if the file is there, else from the model."""
    if arguments.samples and arguments.samples.exists():
        return Samples.load(arguments.samples)
    from backbone import Backbone  # imports transformers, which takes seconds

    samples = look(
        Backbone(arguments.checkpoint, arguments.device, getattr(torch, arguments.dtype)),
        arguments.questions,
        questions_of(arguments.questions)[: arguments.limit],
        arguments.own_answers,
    )
    if arguments.samples:
        samples.save(arguments.samples)
    return samples


def main():
    arguments = parsed()
    torch.set_num_threads(arguments.threads)
    samples = samples_of(arguments)
    labels = labels_of(samples, arguments.rule, arguments.tau)
    training, held = split(samples.questions, arguments.held_back, arguments.seed)
    scale = scale_of(samples.features[training])
    scaled = samples.features * scale
    width = samples.features.shape[2] // 2
    gates = fit(scaled[training], labels[training], width, arguments)
    with torch.no_grad():
        margins = gates.margins(scaled[held])
    print(f"{len(training)} questions to train on, {len(held)} held back; hidden size {hidden_size(width)}")
    print(table(Samples(*(_chosen(part, held) for part in vars(samples).values())), labels[held], margins, arguments.segments))
    right = ((margins > 0) == (labels[held] == 1)).float().mean(0)
    bound = f" tau {arguments.tau}" if arguments.rule == "paper" else ""
    description = {
        "label_rule": arguments.rule,
        "training": f"{len(training)} questions, rule {arguments.rule}{bound}, {arguments.epochs} epochs; right on "
        f"{len(held)} others: " + " ".join(f"{share:.3f}" for share in right.tolist()),
        KEY: weights_sha256(arguments.checkpoint),
    }
    save(gates, scale, arguments.out or arguments.checkpoint, description)


def _chosen(part, numbers):
    return part[numbers] if torch.is_tensor(part) else [part[number] for number in numbers]


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="Hugging Face folder")
    parser.add_argument("questions", type=Path, help="folder of pictures and questions.tsv")
    parser.add_argument("--out", type=Path, help="folder that gets exit_gates instead of the checkpoint's")
    parser.add_argument("--rule", choices=RULES, default="code", help="when a sample counts as exit: see labels.py")
    parser.add_argument("--tau", type=float, default=0.1, help="bound of rule paper: mean cross-entropy, nats (0.1)")
    parser.add_argument("--own-answers", action="store_true", help="force the model's greedy answer, not the true one")
    parser.add_argument("--samples", type=Path, help="keeps what the model shows: training again then takes seconds")
    parser.add_argument("--limit", type=int, help="only the first so many questions")
    parser.add_argument("--held-back", type=float, default=0.1, help="share of the pictures to measure on (0.1)")
    parser.add_argument("--segments", type=int, default=4, help="whose ends the report looks at (4)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate (0.001)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="more than one only where cores are free")
    parser.add_argument("--device", default="cpu", help="where the model runs, for example cuda")
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16", "float16"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
