"""How well the small GEM says what is true of windows that it was not trained on.

    python onnx/evaluate.py --data DIR... --tokenizer FILE --from ECG IMAGE ALIGN INSTRUCT [--sight both|ecg|image]
    python onnx/evaluate.py --data DIR... --package PACKAGE

In: windows of `gemwatch dataset --simulated N --tensors` with a seed of their own; weights files, or a package.
Out: one table; with `--texts FILE` also what was said, as JSON lines.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from gem_train.batches import normalised
from gem_train.joining import BOTH, ONLY_ECG, ONLY_IMAGE, assemble
from gem_train.language import Language
from gem_train.model import Gem
from gem_train.phrases import LIST_QUESTION
from gem_train.sizes import SMALL
from gem_train.statements import compare
from gem_train.teaching import write
from gem_train.windows import Batch, Windows
from gem_verify.runner import IMAGE_TOKEN, Package

MOST_TOKENS = 320


@torch.no_grad()
def texts_of_weights(
    gem: Gem, language: Language, windows: Windows, question: str, sight: str, batch: int = 32
) -> list[str]:
    """What a model from weights files says about each window; what it is not shown is zeros, as in training."""
    texts = []
    for begin in range(0, len(windows), batch):
        part: Batch = windows.batch(range(begin, min(begin + batch, len(windows))))
        ecg = part.ecg * float(sight != ONLY_IMAGE)
        pixels = normalised(part.pixels) * float(sight != ONLY_ECG)
        texts += write(gem, language, gem.ecg_tower(ecg), gem.vision_tower(pixels), question, MOST_TOKENS)
        print(f"{len(texts)} of {len(windows)}", file=sys.stderr, flush=True)
    return texts


def texts_of_package(package: Package, windows: Windows, question: str) -> list[str]:
    """What an exported package says about each window, from all three colours as in the service."""
    decoder = package.manifest["decoder"]
    ids = package.encode_prompt(package.manifest["prompt"]["template"].replace("{question}", question))
    assert ids.count(IMAGE_TOKEN) == 1, "the template has one place for the image (this is a bug)"
    texts = []
    for index in range(len(windows)):
        part = windows.batch([index])
        _, ecg = package.encode_ecg(part.ecg[0].numpy())
        _, image = package.encode_tiles(part.pixels.numpy().repeat(3, axis=1))
        embeds, cache, said = package.embed(ids, np.concatenate([ecg, image[0]])), package.empty_cache(), []
        while len(said) < MOST_TOKENS:
            logits, cache = package.step(embeds, cache)
            said.append(int(logits.argmax()))
            if said[-1] in decoder["eos"]:
                break
            embeds = package.lookup(said[-1:])
        texts.append(package.decode(said))
    return texts


def main() -> int:
    """Run the command; 0 on success."""
    parser = argparse.ArgumentParser(description="Compare what the small GEM says with the truth.")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="directories of windows")
    parser.add_argument("--tokenizer", type=Path, help="tokenizer.model")
    parser.add_argument("--from", dest="weights", type=Path, nargs="+", help="weights files of all stages, in order")
    parser.add_argument("--package", type=Path, help="an exported package instead")
    parser.add_argument("--sight", choices=(BOTH, ONLY_ECG, ONLY_IMAGE), default=BOTH, help="what the decoder is shown")
    parser.add_argument("--lists", action="store_true", help="ask for lists, as after the stage align")
    parser.add_argument("--limit", type=int, default=500, help="windows (default: 500)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--texts", type=Path, help="where to write what was said")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    try:
        windows = Windows(arguments.data, limit=arguments.limit)
        question = LIST_QUESTION if arguments.lists else windows.rows[0]["question"]
        begun = time.monotonic()
        if arguments.package:
            texts = texts_of_package(Package(arguments.package), windows, question)
        elif arguments.tokenizer and arguments.weights:
            language = Language(arguments.tokenizer)
            gem, _, _ = assemble(SMALL, language.vocab, arguments.weights)
            texts = texts_of_weights(gem, language, windows, question, arguments.sight)
        else:
            parser.error("either --package, or --tokenizer and --from")
        took = time.monotonic() - begun
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.texts:
        lines = (
            json.dumps({"id": row["id"], "said": text, "findings": row["findings"]}) + "\n"
            for row, text in zip(windows.rows, texts, strict=True)
        )
        arguments.texts.write_text("".join(lines), encoding="utf-8")
    print(f"{len(texts)} windows, {took / len(texts):.2f} s each")
    for name, value in compare(texts, windows.rows).items():
        print(f"{name:18} {value:8.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
