"""Runs one engine for `./winnow bench peers`; README.md has the protocol."""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

ENGINES = {
    "transformers": "transformers_engine",
    "openvino-genai": "openvino_engine",
    "llama-cpp": "llama_cpp_engine",
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--weights", choices=["fp32", "int8", "int4"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True, help="LLaVA in Hugging Face format")
    parser.add_argument("--work", type=Path, required=True, help="folder for converted models")
    return parser.parse_args()


def only_ours_on_stdout():
    """Engines print: their standard output becomes standard error, and ours stays for answers."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def main():
    answers = only_ours_on_stdout()

    def answer(**fields):
        print(json.dumps(fields), file=answers, flush=True)

    chosen = arguments()
    os.environ["OMP_NUM_THREADS"] = str(chosen.threads)
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        module = importlib.import_module(ENGINES[chosen.engine])
        engine = module.Engine(chosen.checkpoint, chosen.weights, chosen.threads, chosen.work)
    except ImportError as missing:
        return answer(unavailable=f"{missing}; bench/peers/README.md says how to install it")
    except Exception as problem:  # whatever keeps an engine from loading belongs into the result
        return answer(unavailable=f"{type(problem).__name__}: {problem}")
    answer(version=engine.version)
    for line in sys.stdin:
        prompt, further = map(int, line.split())
        prefill, token = engine.measure(prompt, further)
        answer(prefill_ms=prefill, token_ms=token)


if __name__ == "__main__":
    main()
