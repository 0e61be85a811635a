"""Make the untrained package: a tiny GEM with random weights, for trying out the whole line without the real model.

    python onnx/make_untrained.py --out DIR [--package PACKAGE]
    python onnx/make_untrained.py --out DIR --size 150m|7b

In: nothing but the sentences in `gem_untrained/sentences.txt`.
Out: a checkpoint in the layout of GEM at DIR, and of the tiny size its package (by default `onnx/package`). The size
7b takes 13.4 GiB and is for trying `export.py`, 150m is for `bench.py`. What these models write means nothing.
"""

import argparse
import json
import sys
from pathlib import Path

from gem_export.config import load_config
from gem_export.errors import ExportError
from gem_export.manifest import About
from gem_export.package import export
from gem_untrained.sizes import SIZES, TINY, Size
from gem_untrained.tokenizer import train_tokenizer
from gem_untrained.weights import write_weights

SEED = 20250306
ABOUT = About(
    name="gem-untrained",
    trained=False,
    source=f"random weights, seed {SEED}, onnx/make_untrained.py",
    licence="Apache-2.0",
)


def make_checkpoint(directory: Path, size: Size = TINY, seed: int = SEED) -> None:
    """Write the checkpoint into `directory`, which is made if it is not there."""
    (directory / "vision_tower").mkdir(parents=True, exist_ok=True)
    for name, value in (
        ("config.json", size.config),
        ("generation_config.json", {"bos_token_id": 1, "eos_token_id": 2}),
        ("ecg_tower.json", size.ecg_tower),
        ("vision_tower/config.json", size.vision_tower),
    ):
        (directory / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    train_tokenizer(directory)
    write_weights(directory, load_config(directory), size, seed)


def main() -> int:
    """Run the command; 0 on success."""
    parser = argparse.ArgumentParser(description="Make the untrained checkpoint and its package.")
    parser.add_argument("--out", type=Path, required=True, help="directory of the checkpoint")
    parser.add_argument(
        "--package", type=Path, default=Path(__file__).with_name("package"), help="directory of the package"
    )
    parser.add_argument(
        "--size", choices=SIZES, default="tiny", help="of the model; of others than tiny only the checkpoint is made"
    )
    arguments = parser.parse_args()
    try:
        make_checkpoint(arguments.out.resolve(), SIZES[arguments.size])
        if arguments.size != "tiny":
            return 0
        export(arguments.out.resolve(), arguments.package.resolve(), ABOUT)
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
