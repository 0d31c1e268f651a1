"""Ties exit gates to the weights that they were trained with; plain Python.

python fingerprint.py CHECKPOINT
    prints the fingerprint of the checkpoint's weights
python fingerprint.py CHECKPOINT --write
    puts it into exit_gates/config.json: for gates of before, or for the same weights in other files"""

import hashlib
import json
import sys
from pathlib import Path

KEY = "weights_sha256"
FOLDER = "exit_gates"  # in the checkpoint's folder
BLOCK = 1 << 20


def weights_files(checkpoint: Path):
    """As modelkit finds them: the index's shards, or the one file, or all, by name."""
    index = checkpoint / "model.safetensors.index.json"
    if index.exists():
        return [checkpoint / name for name in sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))]
    single = checkpoint / "model.safetensors"
    return [single] if single.exists() else sorted(checkpoint.glob("*.safetensors"))


def weights_sha256(checkpoint: Path):
    """SHA-256 (hex) of all bytes of these files, one after the other."""
    digest = hashlib.sha256()
    for file in weights_files(checkpoint):
        with open(file, "rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


def write_config(folder: Path, config):
    """An entry a line."""
    entries = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in config.items())
    (folder / "config.json").write_text("{\n" + entries + "\n}\n", encoding="utf-8")


def main():
    checkpoint = Path(sys.argv[1])
    fingerprint = weights_sha256(checkpoint)
    print(fingerprint)
    if "--write" in sys.argv[2:]:
        folder = checkpoint / FOLDER
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        write_config(folder, {**config, KEY: fingerprint})


if __name__ == "__main__":
    main()
