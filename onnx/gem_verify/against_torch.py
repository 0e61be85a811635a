"""Compare every graph of a package with PyTorch in float32 on random inputs.

In: a package and the checkpoint that it was made from.
Out: one result for each output of each graph. What is allowed depends on the package's precision.

The decoder is given a prompt in one piece and then tokens one by one, as in use; PyTorch computes all positions at once
and keeps no cache.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from .checks import Result
from .runner import Package
from .torch_model import TorchModel

SEED = 20250306
PROMPT = 40
STEPS = 8

# Largest difference allowed, relative to the root mean square of what is expected. For float32 it is far above its
# rounding and far below what a wrong formula does. For the others it shows weights in the wrong place, no more: what
# rounding costs depends on the weights, and random ones suffer most.
ALLOWED = {"fp32": 1e-3, "fp16": 0.05, "bf16": 0.3, "int8": 1.0, "int4": 4.0}
# The same for the norm of the whole difference.
ALLOWED_NORM = {"fp32": 1e-4, "fp16": 0.01, "bf16": 0.05, "int8": 0.15, "int4": 0.7}


@torch.inference_mode()
def run_torch_checks(package_dir: Path, checkpoint: Path) -> Iterator[Result]:
    """All comparisons, as they are done."""
    package, model = Package(package_dir), TorchModel(checkpoint)
    precision = package.manifest["precision"]
    random = np.random.default_rng(SEED)

    def compare(name: str, found: np.ndarray, expected: torch.Tensor) -> Result:
        return difference(name, found, expected.numpy(), precision)

    ecg = (0.3 * random.standard_normal((12, 5000))).astype(np.float32)
    found = package.encode_ecg(ecg)
    for name, one, other in zip(("tower", "tokens"), found, model.encode_ecg(torch.from_numpy(ecg)), strict=True):
        yield compare(f"ecg_encoder {name}", one, other)

    pixels = random.standard_normal((2, 3, 336, 336)).astype(np.float32)
    found = package.encode_pixels(pixels)
    expected = model.encode_tiles(torch.from_numpy(pixels))
    for name, one, other in zip(("features", "tokens"), found, expected, strict=True):
        yield compare(f"image_encoder {name}", one, other)

    ids = random.integers(3, package.manifest["decoder"]["vocab"], PROMPT + STEPS)
    embeds = model.lookup(torch.from_numpy(ids))
    yield compare("token_embedding", package.lookup(ids.tolist()), embeds)

    expected_logits, expected_cache = model.decode(embeds, PROMPT - 1)
    cache = package.empty_cache()
    pieces = [slice(0, PROMPT), *(slice(at, at + 1) for at in range(PROMPT, PROMPT + STEPS))]
    logits = []
    for piece in pieces:
        step, cache = package.step(embeds[piece].numpy(), cache)
        logits.append(step)
    yield compare("decoder logits after the prompt", logits[0], expected_logits[0])
    yield compare(f"decoder logits of {STEPS} steps", np.stack(logits[1:]), expected_logits[1:])
    chosen = np.stack(logits).argmax(axis=1) == expected_logits.argmax(dim=1).numpy()
    yield Result("decoder likeliest tokens", f"{chosen.sum()}/{len(chosen)}", chosen.all() or precision != "fp32")
    yield compare("decoder keys and values", np.stack(cache)[:, 0], torch.stack(expected_cache))


def difference(name: str, found: np.ndarray, expected: np.ndarray, precision: str) -> Result:
    """Largest difference and norm of the difference, relative to what is expected."""
    if found.shape != expected.shape:
        return Result(name, f"shape {found.shape}, expected {expected.shape}", False)
    error = np.abs(found.astype(np.float32) - expected)
    norm = float(np.linalg.norm(error) / np.linalg.norm(expected))
    largest = float(error.max() / np.sqrt(np.mean(expected**2)))
    passed = largest <= ALLOWED[precision] and norm <= ALLOWED_NORM[precision]
    text = f"max abs {error.max():.1e}  max/rms {largest:.1e} (<= {ALLOWED[precision]:g})  "
    return Result(name, f"{text}norm {norm:.1e} (<= {ALLOWED_NORM[precision]:g})", bool(passed))
