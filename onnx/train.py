"""Train the small GEM, stage by stage. Every stage ends in a small weights file from which the next can start anywhere.

    python onnx/train.py tokenizer --data DIR... --out FILE
    python onnx/train.py ecg       --data DIR... --out FILE
    python onnx/train.py image     --data DIR... --out FILE
    python onnx/train.py align     --data DIR... --tokenizer FILE --from ECG IMAGE --out FILE
    python onnx/train.py instruct  --data DIR... --tokenizer FILE --from ECG IMAGE ALIGN --out FILE
    python onnx/train.py checkpoint --tokenizer FILE --from ECG IMAGE ALIGN INSTRUCT --out DIR
    python onnx/train.py show FILE...

In: directories of `gemwatch dataset --simulated N --tensors`.
Out: weights files; at last a checkpoint in GEM's layout, which `export.py` turns into a package.

A stage ends after `--windows` windows or `--minutes` of work, whichever comes first. With `--state FILE` it goes on
where an interrupted run stopped.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from gem_train.checkpoint import write_checkpoint
from gem_train.joining import BOTH, ONLY_ECG, ONLY_IMAGE, Sight, join
from gem_train.language import Language, train_tokenizer
from gem_train.sizes import SMALL
from gem_train.towers import Run, train_tower
from gem_train.weights import load_stage
from gem_train.windows import Windows

SEED = 20250306
# Windows and minutes of work of each stage, its batch, and the learning rate.
STAGES = {
    "ecg": (400_000, 60.0, 32, 1e-3),
    "image": (300_000, 60.0, 32, 1e-3),
    "align": (150_000, 60.0, 32, 1e-3),
    "instruct": (300_000, 60.0, 32, 6e-4),
}


def main() -> int:
    """Run the command; 0 on success."""
    arguments = _arguments()
    try:
        if arguments.stage == "tokenizer":
            rows = Windows(arguments.data, pages=False).rows
            train_tokenizer((row["text"] for row in rows), (row["question"] for row in rows), arguments.out)
        elif arguments.stage == "show":
            for path in arguments.files:
                _, about = load_stage(path)
                print(f"{path}: {json.dumps(about, indent=2)}")
        elif arguments.stage == "checkpoint":
            write_checkpoint(SMALL, Language(arguments.tokenizer), arguments.weights, arguments.out)
        else:
            _train(arguments)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _train(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    windows, minutes, batch, rate = STAGES[arguments.stage]
    run = Run(
        seed=arguments.seed,
        windows=arguments.windows or windows,
        minutes=arguments.minutes or minutes,
        batch=arguments.batch or batch,
        rate=arguments.rate or rate,
        device=arguments.device,
        autocast=arguments.device != "cpu" or _has_bfloat16(),
        state=arguments.state,
        begin_from=getattr(arguments, "begin_from", None),
    )
    print(f"stage {arguments.stage}: {run}", flush=True)
    pages = arguments.stage != "ecg"
    data = Windows(arguments.data, pages=pages)
    held_out = Windows(arguments.held_out, limit=1000, pages=pages) if arguments.held_out else None
    if arguments.stage in ("ecg", "image"):
        train_tower(arguments.stage, SMALL, data, held_out, run, arguments.out)
    else:
        join(
            arguments.stage,
            SMALL,
            Language(arguments.tokenizer),
            arguments.weights,
            data,
            run,
            arguments.out,
            Sight(arguments.sight),
            towers=arguments.towers,
        )


def _has_bfloat16() -> bool:
    """Does the processor multiply in bfloat16? Without, torch converts back and forth, slower than float32 is."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the small GEM, stage by stage.")
    stages = parser.add_subparsers(dest="stage", required=True, metavar="STAGE")
    for name, help_text in (
        ("tokenizer", "train the tokenizer on the texts of the windows"),
        ("ecg", "first stage: the ECG tower on measurements and findings"),
        ("image", "first stage: the image tower on the same"),
        ("align", "second stage: one space for both, short lists"),
        ("instruct", "third stage: whole interpretations"),
        ("checkpoint", "a checkpoint in the layout of GEM, for export.py"),
    ):
        stage = stages.add_parser(name, help=help_text)
        stage.add_argument("--out", type=Path, required=True, help="what to write")
        if name != "checkpoint":
            stage.add_argument("--data", type=Path, nargs="+", required=True, help="directories of windows")
        if name in ("align", "instruct", "checkpoint"):
            stage.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.model")
            stage.add_argument(
                "--from",
                dest="weights",
                type=Path,
                nargs="+",
                required=True,
                help="weights files of earlier stages, in order",
            )
        if name in STAGES:
            stage.add_argument("--threads", type=int, default=2, help="threads of torch")
            stage.add_argument("--seed", type=int, default=SEED)
            stage.add_argument("--held-out", type=Path, nargs="+", help="windows to report on; not trained on")
            stage.add_argument("--windows", type=int, help=f"windows to see (default: {STAGES[name][0]})")
            stage.add_argument("--minutes", type=float, help=f"minutes of work (default: {STAGES[name][1]})")
            stage.add_argument("--batch", type=int, help=f"windows a step (default: {STAGES[name][2]})")
            stage.add_argument("--rate", type=float, help=f"learning rate (default: {STAGES[name][3]})")
            stage.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
            stage.add_argument("--state", type=Path, help="file to go on from after an interruption")
        if name in ("ecg", "image"):
            stage.add_argument("--from", dest="begin_from", type=Path, help="weights file of this stage to go on from")
        if name in ("align", "instruct"):
            sights = (BOTH, ONLY_ECG, ONLY_IMAGE)
            stage.add_argument("--sight", choices=sights, default=BOTH, help="what the decoder is shown")
            stage.add_argument("--towers", action="store_true", help="let the towers learn along")
    show = stages.add_parser("show", help="what is known about weights files: stage, seed, windows, figures")
    show.add_argument("files", type=Path, nargs="+")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
