"""Windows on disk, as `gemwatch dataset --simulated N --tensors` writes them.

In: one directory or several, with `dataset.json`, `ecg.i16`, `pixels.u8` and `windows.jsonl`.
Out: batches; the signals stay on disk until a batch asks for them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .sizes import ECG_LEADS, ECG_SAMPLES, IMAGE_SIZE
from .targets import Targets

# Batches among which windows are sorted by the lengths of their texts.
POOL = 16
MICROVOLT_IN_MV = 1e-3


@dataclass(frozen=True)
class Batch:
    """Some windows."""

    ecg: Tensor  # f32 [n, 12, 5000], mV
    pixels: Tensor  # u8 [n, 1, 336, 336], the red of the page; no channel if the pages were not asked for
    targets: Targets
    rows: list[dict]

    def __len__(self) -> int:
        return len(self.rows)

    def to(self, device: str) -> "Batch":
        """On another device."""
        return Batch(self.ecg.to(device), self.pixels.to(device), self.targets.to(device), self.rows)


class Windows:
    """Windows of several directories, one after the other; with their pages or without."""

    def __init__(self, directories: Sequence[Path], limit: int | None = None, pages: bool = True):
        if not directories:
            raise ValueError("no directory with windows was given")
        self._ecg, self._pixels, self.rows = [], [], []
        for directory in directories:
            path = directory / "windows.jsonl"
            if not path.is_file():
                raise FileNotFoundError(f"{path} is missing: gemwatch dataset --simulated N --tensors writes it")
            # JSON is UTF-8 whatever the machine's locale.
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            self._ecg.append(_mapped(directory / "ecg.i16", np.dtype("<i2"), (len(rows), ECG_LEADS, ECG_SAMPLES)))
            if pages:
                shape = (len(rows), 1, IMAGE_SIZE, IMAGE_SIZE)
                self._pixels.append(_mapped(directory / "pixels.u8", np.dtype("u1"), shape))
            self.rows += rows
        self._starts = np.cumsum([0] + [len(part) for part in self._ecg])
        if limit is not None:
            self.rows = self.rows[:limit]
        self.targets = Targets.of(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def order(self, batch: int, generator: torch.Generator, lengths: Sequence[int] | None = None) -> Iterator[list[int]]:
        """Indices of batches without end: every window once, then anew in another order.

        Where `lengths` says how long each window's text is, those of a batch are about as long: what is shorter than the
        longest of its batch costs as much as that.
        """
        if batch > len(self):
            raise ValueError(f"a batch of {batch} cannot be drawn from {len(self)} windows")
        while True:
            order = torch.randperm(len(self), generator=generator).tolist()
            if lengths is not None:
                pools = (order[begin : begin + POOL * batch] for begin in range(0, len(order), POOL * batch))
                order = [index for pool in pools for index in sorted(pool, key=lambda index: lengths[index])]
            begins = torch.arange(0, len(order) - batch + 1, batch)
            for begin in begins[torch.randperm(len(begins), generator=generator)].tolist():
                yield order[begin : begin + batch]

    def batch(self, indices: Sequence[int]) -> Batch:
        """The windows with these indices."""
        ecg = np.stack([self._at(self._ecg, index) for index in indices]).astype(np.float32) * MICROVOLT_IN_MV
        if self._pixels:
            pixels = np.stack([self._at(self._pixels, index) for index in indices])
        else:
            pixels = np.empty((len(indices), 0, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
        return Batch(
            torch.from_numpy(ecg),
            torch.from_numpy(pixels),
            self.targets.pick(torch.tensor(indices)),
            [self.rows[index] for index in indices],
        )

    def _at(self, parts: list[np.ndarray], index: int) -> np.ndarray:
        part = int(np.searchsorted(self._starts, index, side="right")) - 1
        return parts[part][index - self._starts[part]]


def _mapped(path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: gemwatch dataset --simulated N --tensors writes it")
    values = np.memmap(path, dtype, mode="r")
    try:
        return values.reshape(shape)
    except ValueError:
        raise ValueError(f"{path} holds {values.size} numbers, windows.jsonl has {shape[0]} windows") from None
