"""The comparisons of `verify.py`, one result a line.

In: a package and the parity data.
Out: results with the largest absolute error or the number of matches. Tolerances are those of the parity data's
own description: 1e-4 for features and embeddings, 1e-3 for logits, tokens exact.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .runner import Package

FEATURE_TOLERANCE = 1e-4
LOGIT_TOLERANCE = 1e-3
# Half a unit in the last place of float16: what a result recorded in float16 may be off by itself.
FLOAT16_ROUNDING = 2.0**-11


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    name: str
    found: str
    passed: bool


def run_checks(package_dir: Path, parity: Path) -> Iterator[Result]:
    """All comparisons, as they are done."""
    package = Package(package_dir)
    goldens = parity / "goldens"
    cases = json.loads((goldens / "cases.json").read_text(encoding="utf-8"))
    vocab = len(np.load(parity / cases[0]["npz"])["first_logits"])
    if package.manifest["decoder"]["vocab"] != vocab:
        found = package.manifest["decoder"]["vocab"]
        yield Result("package", f"vocabulary of {found}, {vocab} recorded: not made from the parity checkpoint", False)
        return
    yield from _tokenizer(package, goldens / "tokenizer" / "tokenizer_parity.json")
    ecg_tokens = {}
    for path in sorted((goldens / "ecg").glob("*.npz")):
        golden = np.load(path)
        tower, ecg_tokens[path.stem] = package.encode_ecg(golden["ecg"])
        yield _error(f"{path.stem} tower", tower, golden["tower_out"])
        yield _error(f"{path.stem} tokens", ecg_tokens[path.stem], golden["ecg_tokens"])
    image_tokens = {}
    for path in sorted((goldens / "image").glob("*.npz")):
        golden = np.load(path)
        features, image_tokens[path.stem] = package.encode_tiles(golden["pixel_u8"])
        yield _error(f"{path.stem} features", features, golden["vision_features"])
        yield _error(f"{path.stem} tokens", image_tokens[path.stem], golden["image_tokens"])
    for case in cases:
        ecg = ecg_tokens[Path(case["ecg"]).name]
        tiles = image_tokens[f"{Path(case['image']).stem}_{case['image_aspect_ratio']}"]
        yield from _case(package, case, np.load(parity / case["npz"]), ecg, tiles)


def _case(package: Package, case: dict, golden, ecg: np.ndarray, tiles: np.ndarray) -> Iterator[Result]:
    name = case["name"]
    ids = package.encode_prompt(case["prompt"])
    yield Result(f"{name} prompt", f"{len(ids)} ids", ids == case["input_ids"])
    image = package.merge_tiles(
        tiles, case["mm_patch_merge_type"] or "flat", case["image_size_wh"], _grid(package, case)
    )
    if "merged_image_tokens" in golden:
        yield _error(f"{name} merged image tokens", image, golden["merged_image_tokens"])
    embeds = package.embed(ids, np.concatenate([ecg, image]))
    yield Result(f"{name} sequence", f"{len(embeds)} positions", len(embeds) == case["seq_len"])
    if "inputs_embeds" in golden:
        yield _error(f"{name} embeddings", embeds, golden["inputs_embeds"])
    else:
        yield _error(f"{name} embeddings", embeds[golden["embeds_row_index"]], golden["embeds_rows"])
    logits, tokens = package.greedy(embeds, len(case["tokens_no_eos"]))
    yield _error(f"{name} first logits", logits[0], golden["first_logits"], LOGIT_TOLERANCE)
    matched = sum(found == expected for found, expected in zip(tokens, case["tokens_no_eos"], strict=True))
    yield Result(f"{name} greedy tokens", f"{matched}/{len(tokens)}", matched == len(tokens))


def _grid(package: Package, case: dict) -> tuple[int, int]:
    """The candidate size that keeps most of the image; of equal ones that which wastes least."""
    if case["image_aspect_ratio"] != "anyres":
        return (0, 0)
    width, height = case["image_size_wh"]

    def fit(candidate: list[int]) -> tuple[int, int]:
        scale = min(candidate[0] / width, candidate[1] / height)
        kept = min(int(width * scale) * int(height * scale), width * height)
        return kept, kept - candidate[0] * candidate[1]

    return tuple(max(package.manifest["image"]["grid"], key=fit))


def _tokenizer(package: Package, path: Path) -> Iterator[Result]:
    golden = json.loads(path.read_text(encoding="utf-8"))
    encode, decode, prompts = golden["encode"], golden["decode"], golden["image_prompt"]

    def count(name: str, matched: list[bool], required: bool = True) -> Result:
        total = f"{sum(matched)}/{len(matched)}" + ("" if required else " (for information)")
        return Result(f"tokenizer {name}", total, all(matched) or not required)

    tokenizer = package.tokenizer
    yield count("encode", [tokenizer.encode(case["text"]).ids == case["ids"] for case in encode])
    yield count("prompts with image", [package.encode_prompt(case["prompt"]) == case["ids"] for case in prompts])
    yield count("decode, bytes apart", [package.decode(case["ids"]) == case["text"] for case in decode])
    yield count(
        "decode, bytes apart, special kept",
        [package.decode(case["ids"], skip_special=False) == case["text_with_special"] for case in decode],
    )
    yield count("decode of the encoded", [package.decode(case["ids"]) == case["decoded"] for case in encode])
    yield count(
        "decode of the encoded, special kept",
        [package.decode(case["ids"], skip_special=False) == case["decoded_with_special"] for case in encode],
    )
    yield count(
        "decode of the encoded, library decode", [tokenizer.decode(case["ids"]) == case["decoded"] for case in encode]
    )
    plain = [tokenizer.decode(case["ids"]) == case["text"] for case in decode]
    yield count("decode of broken bytes, library decode", plain, required=False)


def _error(name: str, found: np.ndarray, expected: np.ndarray, tolerance: float = FEATURE_TOLERANCE) -> Result:
    if found.shape != expected.shape:
        return Result(name, f"shape {found.shape}, expected {expected.shape}", False)
    difference = np.abs(found - expected.astype(np.float32))
    note = ""
    if expected.dtype == np.float16:
        difference = difference - np.abs(expected.astype(np.float32)) * FLOAT16_ROUNDING
        note = " (beyond float16 rounding)"
    error = max(float(difference.max()), 0.0)
    return Result(name, f"max abs error {error:.1e}{note}", bool(error <= tolerance))
