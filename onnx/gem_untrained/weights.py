"""The random weights, with the keys and shapes of a GEM checkpoint.

In: a seed.
Out: `model.safetensors`, or shards. The numbers come from the integers of a counter-based hash (SHA-256), so they do
not depend on the version of a library.
"""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
from gem_export import ecg_encoder, image_encoder
from gem_export.checkpoint import Shapes
from gem_export.config import GemConfig
from gem_export.decoder import LM_HEAD, decoder_shapes
from gem_export.weight_files import INDEX, SINGLE
from safetensors.numpy import save_file

from .sizes import Size

NORM_WEIGHTS = (
    "ln_pre.weight",
    "ln_1.weight",
    "ln_2.weight",
    "layrnorm.weight",
    "norm1.weight",
    "norm2.weight",
    "norm.weight",
)

# Where a SentencePiece model with byte fallback keeps its 256 bytes: after <unk>, <s> and </s>.
BYTE_PIECES = slice(3, 259)


def write_weights(directory: Path, config: GemConfig, size: Size, seed: int) -> None:
    """Write every tensor that the exporter asks for, in one file or in shards with an index."""
    shards: list[Shapes] = [{}]
    filled = 0
    for key, shape in sorted(shapes(config).items()):
        stored = math.prod(shape) * size.dtype.itemsize
        if size.shard_bytes and filled and filled + stored > size.shard_bytes:
            shards.append({})
            filled = 0
        shards[-1][key] = shape
        filled += stored
    weight_map = {}
    for number, shard in enumerate(shards, start=1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors" if size.shard_bytes else SINGLE
        tensors = {key: random_tensor(key, shape, seed).astype(size.dtype) for key, shape in shard.items()}
        save_file(tensors, directory / name)
        weight_map |= dict.fromkeys(shard, name)
    if size.shard_bytes:
        (directory / INDEX).write_text(json.dumps({"weight_map": weight_map}, indent=2) + "\n", encoding="utf-8")


def shapes(config: GemConfig) -> Shapes:
    """All keys of the checkpoint."""
    own, shared = ecg_encoder.projectors(config)
    return (
        ecg_encoder.tower_shapes(config, None)
        | image_encoder.tower_shapes(config)
        | own.shapes()
        | shared.shapes()
        | decoder_shapes(config)
    )


def random_tensor(key: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Uniform numbers around 0 with a standard deviation of 1 / sqrt(inputs); around 1 for the scale of a norm."""
    count = math.prod(shape)
    stream = hashlib.shake_256(f"{seed} {key}".encode()).digest(2 * count)
    integers = np.frombuffer(stream, dtype="<u2").astype(np.float32)
    uniform = (integers / np.float32(65535) - np.float32(0.5)) * np.float32(math.sqrt(12))
    if key.endswith(NORM_WEIGHTS):
        values = 1 + np.float32(0.1) * uniform
    elif len(shape) == 1:
        values = np.float32(0.1) * uniform
    elif "embed" in key and "patch" not in key:
        # Small, so that what follows hangs on the ECG and the image more than on the last token alone.
        values = np.float32(0.3) * uniform
    else:
        values = uniform / np.float32(math.sqrt(math.prod(shape[1:])))
    values = values.reshape(shape)
    if key == LM_HEAD:
        # Otherwise half of what the model writes would be broken UTF-8.
        values[BYTE_PIECES] *= np.float32(0.25)
    return values
