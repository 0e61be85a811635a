"""Read one safetensors file without loading it.

In: the path of a file in the safetensors format (an 8-byte header length, a JSON header, the raw tensors).
Out: shapes and dtypes from the header, and single tensors widened to float32.

This reader exists because numpy has no bfloat16, and because the exporter must see every shape before it
reads any weight.
"""

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path

import ml_dtypes
import numpy as np

from .errors import ExportError

DTYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype(ml_dtypes.bfloat16)}

# The limit that the format itself sets.
MAX_HEADER_BYTES = 100_000_000


@dataclass(frozen=True)
class TensorEntry:
    """Where one tensor lies: its dtype name, its shape and its byte range in the file."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class SafetensorsFile:
    """The header of one file, and access to its tensors through a memory map."""

    def __init__(self, path: Path):
        self.path = path
        self.entries = _read_header(path)
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")

    def tensor(self, key: str) -> np.ndarray:
        """The tensor as a new float32 array."""
        entry = self.entries[key]
        dtype = DTYPES.get(entry.dtype)
        if dtype is None:
            raise ExportError(f"{self.path}: {key} has dtype {entry.dtype}; expected one of {', '.join(DTYPES)}")
        raw = self._bytes[entry.begin : entry.end]
        if raw.size != math.prod(entry.shape) * dtype.itemsize:
            raise ExportError(f"{self.path}: {key} has {raw.size} bytes, which does not fit its shape {entry.shape}")
        return raw.view(dtype).reshape(entry.shape).astype(np.float32)


def _read_header(path: Path) -> dict[str, TensorEntry]:
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        if len(prefix) < 8:
            raise ExportError(f"{path}: too short for a safetensors file ({size} bytes)")
        (header_bytes,) = struct.unpack("<Q", prefix)
        if header_bytes > min(MAX_HEADER_BYTES, size - 8):
            raise ExportError(f"{path}: not a safetensors file, or cut off (header of {header_bytes} bytes)")
        try:
            header = json.loads(file.read(header_bytes))
            header.pop("__metadata__", None)
            start = 8 + header_bytes
            entries = {
                key: TensorEntry(
                    entry["dtype"],
                    tuple(entry["shape"]),
                    start + entry["data_offsets"][0],
                    start + entry["data_offsets"][1],
                )
                for key, entry in header.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise ExportError(f"{path}: the safetensors header cannot be read: {error}") from error
    for key, entry in entries.items():
        if not start <= entry.begin <= entry.end <= size:
            raise ExportError(f"{path}: {key} lies outside the file, which may be cut off ({size} bytes)")
    return entries
