"""The weights of a model by key, whatever files they are in, and the check of keys and shapes.

In: stored tensors, as `weight_files` finds them.
Out: shapes by key at once; tensors one by one as float32, each read when it is asked for.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ml_dtypes  # gives numpy the bfloat16 in which most checkpoints are stored
import numpy as np

from .errors import ExportError

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


@dataclass(frozen=True)
class Stored:
    """One tensor in a file: its shape, its dtype as safetensors names it, and how to read it."""

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], np.ndarray]


class Weights:
    """Tensors by key. `place` is where they are, as messages say it."""

    def __init__(self, tensors: Mapping[str, Stored], place: Path):
        self._tensors = dict(tensors)
        self.place = place

    def keys(self) -> set[str]:
        """Every key."""
        return set(self._tensors)

    def shape(self, key: str) -> tuple[int, ...] | None:
        """The shape of a tensor, or None if there is no such key."""
        stored = self._tensors.get(key)
        return stored.shape if stored else None

    def tensor(self, key: str) -> np.ndarray:
        """A tensor as float32, read now. It must have passed `problems`."""
        stored = self._tensors[key]
        values = stored.read()
        assert values.dtype == DTYPES[stored.dtype], f"{key} was read as {values.dtype} (this is a bug)"
        return values.astype(np.float32)

    def or_else(self, others: "Weights", keys: Iterable[str]) -> "Weights":
        """These weights, with those of `keys` that are not here taken from `others`."""
        added = {key: others._tensors[key] for key in keys if key in others._tensors}
        return Weights(added | self._tensors, self.place)

    def problems(self, expected: Shapes) -> list[str]:
        """One line for each expected tensor that is missing, misshapen or of a dtype that cannot be read."""
        lines = []
        for key, shape in sorted(expected.items()):
            stored = self._tensors.get(key)
            if stored is None:
                lines.append(f"{key}: missing, expected shape {list(shape)}")
            elif stored.shape != shape:
                lines.append(f"{key}: found shape {list(stored.shape)}, expected {list(shape)}")
            elif stored.dtype not in DTYPES:
                lines.append(f"{key}: found dtype {stored.dtype}, expected one of {', '.join(DTYPES)}")
        return lines
