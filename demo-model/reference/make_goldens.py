"""Makes the golden numbers that the Java code is tested against.

Run it from any folder, with the packages of requirements.txt installed:

    python demo-model/reference/make_goldens.py

It loads demo-model/checkpoint with Hugging Face transformers in float32, needs no network and
no GPU, is deterministic, and writes into demo-model/goldens:

answers.json    greedy answers to the questions of pictures/questions.tsv
logits.json     logits of 16 forced greedy steps after the prefill
vision.json     projected visual tokens and the saliency of every patch
preprocess/     awkward pictures and the image processor's output for each
text.json       tokenizer and chat template cases
pruned.json     visual tokens removed inside the decoder (pruned_forward.py)
kept.json       which tokens FitPrune's and FastV's rules keep of many pictures
calibration.json  FitPrune's statistics and recipes, VTW's layer (calibration_goldens.py)
gates.json        what DyVTE's exit gates see and say, and answers after exits (gate_goldens.py)

The fields of every file are described in demo-model/goldens/README.md. With `--record` the
answers in pictures/questions.tsv are written anew first: for a checkpoint that was trained anew.
"""

import argparse

import torch

from answer_goldens import record_answers, write_answers, write_logits, write_vision
from calibration_goldens import write_calibration, write_kept
from checkpoint import GOLDENS, Reference
from gate_goldens import write_gates
from preprocess_goldens import write_preprocess
from pruned_goldens import write_pruned
from text_goldens import write_text


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="writes the answers in questions.tsv anew")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    GOLDENS.mkdir(exist_ok=True)
    reference = Reference()
    if arguments.record:
        record_answers(reference)
    write_text(reference)
    write_preprocess(reference)
    write_vision(reference)
    write_logits(reference)
    write_answers(reference)
    write_pruned(reference)
    write_kept(reference)
    write_calibration(reference)
    write_gates(reference)


if __name__ == "__main__":
    main()
