"""All the weights of a checkpoint directory, and the check of its keys and shapes.

In: a directory with `model.safetensors`, or with shards and `model.safetensors.index.json`.
Out: shapes by key at once; tensors one by one as float32.
"""

import json
from pathlib import Path

import numpy as np

from .errors import ExportError
from .safetensors_file import DTYPES, SafetensorsFile

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"

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
        self._file_of: dict[str, SafetensorsFile] = {}
        for path in _weight_files(directory):
            file = SafetensorsFile(path)
            for key in file.entries:
                if key in self._file_of:
                    raise ExportError(f"{key} is in both {self._file_of[key].path} and {path}")
                self._file_of[key] = file

    def keys(self) -> set[str]:
        """Every key of the checkpoint."""
        return set(self._file_of)

    def shape(self, key: str) -> tuple[int, ...] | None:
        """The shape of a tensor, or None if there is no such key."""
        file = self._file_of.get(key)
        return None if file is None else file.entries[key].shape

    def tensor(self, key: str) -> np.ndarray:
        """A tensor as a new float32 array. It must have passed `problems`."""
        return self._file_of[key].tensor(key)

    def problems(self, expected: Shapes) -> list[str]:
        """One line for each expected tensor that is missing, misshapen or of a dtype that cannot be read."""
        lines = []
        for key, shape in sorted(expected.items()):
            found = self.shape(key)
            if found is None:
                lines.append(f"{key}: missing, expected shape {list(shape)}")
            elif found != shape:
                lines.append(f"{key}: found shape {list(found)}, expected {list(shape)}")
            elif (dtype := self._file_of[key].entries[key].dtype) not in DTYPES:
                lines.append(f"{key}: found dtype {dtype}, expected one of {', '.join(DTYPES)}")
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
