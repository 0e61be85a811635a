"""All the weights of a checkpoint directory, and the check of its keys and shapes.

In: a directory with `model.safetensors`, or with shards and `model.safetensors.index.json`.
Out: shapes by key at once; tensors one by one as float32.
"""

import json
from pathlib import Path

import ml_dtypes  # gives numpy the bfloat16 in which most checkpoints are stored
import numpy as np
from safetensors import SafetensorError, safe_open

from .errors import ExportError

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
DTYPES = {"F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16}

Shapes = dict[str, tuple[int, ...]]


def read_json(path: Path) -> dict:
    """A JSON object from a file, or an error that names the file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExportError(f"{path} is missing") from None
    except (OSError, ValueError) as error:
        raise ExportError(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise ExportError(f"{path} must hold a JSON object")
    return value


class Checkpoint:
    """The tensors of one directory, whatever number of files they are spread over."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._shapes: Shapes = {}
        self._dtypes: dict[str, str] = {}
        self._file_of: dict[str, safe_open] = {}
        for path in _weight_files(directory):
            try:
                file = safe_open(path, framework="numpy")
                for key in file.keys():
                    if key in self._file_of:
                        raise ExportError(f"{path}: {key} is in another file of the checkpoint too")
                    header = file.get_slice(key)
                    self._shapes[key] = tuple(header.get_shape())
                    self._dtypes[key] = header.get_dtype()
                    self._file_of[key] = file
            except (SafetensorError, OSError) as error:
                raise ExportError(f"{path} cannot be read as safetensors, it may be cut off: {error}") from error

    def keys(self) -> set[str]:
        """Every key of the checkpoint."""
        return set(self._shapes)

    def shape(self, key: str) -> tuple[int, ...] | None:
        """The shape of a tensor, or None if there is no such key."""
        return self._shapes.get(key)

    def tensor(self, key: str) -> np.ndarray:
        """A tensor as float32, read now. It must have passed `problems`."""
        stored = self._file_of[key].get_tensor(key)
        assert stored.dtype == DTYPES[self._dtypes[key]], f"{key} was read as {stored.dtype} (this is a bug)"
        return stored.astype(np.float32)

    def problems(self, expected: Shapes) -> list[str]:
        """One line for each expected tensor that is missing, misshapen or of a dtype that cannot be read."""
        lines = []
        for key, shape in sorted(expected.items()):
            found = self.shape(key)
            if found is None:
                lines.append(f"{key}: missing, expected shape {list(shape)}")
            elif found != shape:
                lines.append(f"{key}: found shape {list(found)}, expected {list(shape)}")
            elif self._dtypes[key] not in DTYPES:
                lines.append(f"{key}: found dtype {self._dtypes[key]}, expected one of {', '.join(DTYPES)}")
        return lines


def _weight_files(directory: Path) -> list[Path]:
    single = directory / SINGLE
    index = directory / INDEX
    if index.exists():
        weight_map = read_json(index).get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise ExportError(f"{index}: weight_map is missing or empty")
        names = sorted({str(name) for name in weight_map.values()})
        for name in names:
            if Path(name).name != name:
                raise ExportError(f"{index}: {name!r} is not a plain file name")
        missing = [name for name in names if not (directory / name).exists()]
        if missing:
            raise ExportError(f"{directory}: shards named by {INDEX} are missing: {', '.join(missing)}")
        return [directory / name for name in names]
    if single.exists():
        return [single]
    raise ExportError(f"{directory}: neither {SINGLE} nor {INDEX} is there; only safetensors weights can be read")
