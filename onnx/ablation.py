"""The point of GEM's paper, in small: two encoders against the ECG alone and the page alone, with the same budget.

    python onnx/ablation.py --data DIR... --held-out DIR... --tokenizer FILE --ecg FILE --image FILE --out DIR

In: windows, the tokenizer, the weights files of both towers.
Out: for each of the three its own decoder and projectors, trained from the same seed on the same windows in the same
order (stages `align` and `instruct`; a stage of no windows is left out), and one table of what they say on held-out
windows. What is not shown is zeros, not left out, so every step costs the same in all three. Without a stage `instruct` they
are asked for lists. What they said is in `both.jsonl`, `ecg.jsonl` and `image.jsonl`, as `gemwatch evaluate` takes it.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from evaluate import texts_of_weights
from gem_train.joining import BOTH, ONLY_ECG, ONLY_IMAGE, Sight, join
from gem_train.language import Language
from gem_train.phrases import LIST_QUESTION
from gem_train.sizes import SMALL
from gem_train.statements import compare
from gem_train.towers import Run
from gem_train.windows import Windows

SEED = 20250306


def main() -> int:
    """Run the command; 0 on success."""
    parser = argparse.ArgumentParser(description="Two encoders against one, with the same budget.")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="windows to train on")
    parser.add_argument("--held-out", type=Path, nargs="+", required=True, help="windows to report on")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--ecg", type=Path, required=True, help="weights file of the ECG tower")
    parser.add_argument("--image", type=Path, required=True, help="weights file of the image tower")
    parser.add_argument("--begin", type=Path, help="weights file of `instruct` from which all three begin")
    parser.add_argument("--out", type=Path, required=True, help="directory of the weights files and of the table")
    parser.add_argument("--align-windows", type=int, default=20_000)
    parser.add_argument("--instruct-windows", type=int, default=40_000)
    parser.add_argument("--limit", type=int, default=500, help="held-out windows")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    try:
        windows, held_out = Windows(arguments.data), Windows(arguments.held_out, limit=arguments.limit)
        language = Language(arguments.tokenizer)
        figures = {}
        for sight in (BOTH, ONLY_ECG, ONLY_IMAGE):
            files = [arguments.ecg, arguments.image, *filter(None, [arguments.begin])]
            for stage, count, rate in (
                ("align", arguments.align_windows, 1e-3),
                ("instruct", arguments.instruct_windows, 6e-4),
            ):
                if count == 0:
                    continue
                # Windows alone decide when a stage ends: minutes would favour whoever had the quieter machine.
                run = Run(arguments.seed, count, float("inf"), batch=32, rate=rate, device=arguments.device)
                out = arguments.out / f"{sight}-{stage}.safetensors"
                gem = join(stage, SMALL, language, files, windows, run, out, Sight(sight))
                files.append(out)
            question = held_out.rows[0]["question"] if arguments.instruct_windows else LIST_QUESTION
            texts = texts_of_weights(gem.cpu(), language, held_out, question, sight)
            figures[sight] = compare(texts, held_out.rows)
            answers = (
                json.dumps({"question_id": row["id"], "text": text}) + "\n"
                for row, text in zip(held_out.rows, texts, strict=True)
            )
            (arguments.out / f"{sight}.jsonl").write_text("".join(answers), encoding="utf-8")
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    (arguments.out / "ablation.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"{'':18} {'both':>9} {'ECG':>9} {'page':>9}")
    for name in figures[BOTH]:
        print(f"{name:18}" + "".join(f" {figures[sight][name]:9.3f}" for sight in figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
