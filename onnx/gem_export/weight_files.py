"""Find and open the weight files of a directory: safetensors or torch files, single or in shards.

In: a directory with `model.safetensors`, or `pytorch_model.bin`, or shards of one kind and their index.
Out: `Weights` that read a tensor when it is asked for.
"""

from functools import partial
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from .checkpoint import Stored, Weights, read_json
from .errors import ExportError
from .torch_file import TORCH_SUFFIXES, torch_tensors

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
# In order of preference, as transformers looks for them.
NAMES = ((SINGLE, INDEX), ("pytorch_model.bin", "pytorch_model.bin.index.json"))


def open_directory(directory: Path) -> Weights:
    """All tensors of a directory."""
    tensors: dict[str, Stored] = {}
    for path in _weight_files(directory):
        found = torch_tensors(path) if path.suffix in TORCH_SUFFIXES else _safetensors(path)
        twice = sorted(found.keys() & tensors.keys())
        if twice:
            raise ExportError(
                f"{path}: {twice[0]} is in another file of {directory} too; remove the file that is stale"
            )
        tensors |= found
    return Weights(tensors, directory)


def _safetensors(path: Path) -> dict[str, Stored]:
    try:
        with safe_open(path, framework="numpy") as file:
            slices = {key: file.get_slice(key) for key in file.keys()}
            return {
                key: Stored(tuple(part.get_shape()), part.get_dtype(), partial(_read, path, key))
                for key, part in slices.items()
            }
    except (SafetensorError, OSError) as error:
        raise ExportError(f"{path} cannot be read as safetensors, it may be cut off: {error}") from error


def _read(path: Path, key: str) -> np.ndarray:
    # Opened anew for each tensor: an open file keeps every page that was read in memory.
    with safe_open(path, framework="numpy") as file:
        return file.get_tensor(key)


def _weight_files(directory: Path) -> list[Path]:
    for single, index in NAMES:
        if (directory / index).exists():
            return _shards(directory, index)
        if (directory / single).exists():
            return [directory / single]
    raise ExportError(
        f"{directory}: neither {SINGLE} nor {INDEX} is there, nor the same as pytorch_model.bin; put the weights there"
    )


def _shards(directory: Path, index: str) -> list[Path]:
    weight_map = read_json(directory / index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ExportError(f"{directory / index}: weight_map is missing or empty")
    names = sorted({str(name) for name in weight_map.values()})
    for name in names:
        if Path(name).name != name:
            raise ExportError(f"{directory / index}: {name!r} is not a plain file name")
    missing = [name for name in names if not (directory / name).exists()]
    if missing:
        raise ExportError(f"{directory}: shards named by {index} are missing, fetch them: {', '.join(missing)}")
    return [directory / name for name in names]
