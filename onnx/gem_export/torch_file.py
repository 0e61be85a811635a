"""Read the tensors of a file written by `torch.save`, without torch and without running anything in it.

In: a torch file of the zip kind (torch 1.6 and later): `data.pkl` describes the objects, and each storage is a file of
its own inside the archive.
Out: the stored tensors by key; of a training checkpoint those under `state_dict`.

The pickle is read with every class but the tensors' own replaced by an inert one: an optimizer or the training's
arguments beside the weights do no harm, and neither does a file from a stranger.
"""

import collections
import math
import pickle
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .checkpoint import DTYPES, Stored
from .errors import ExportError

TORCH_SUFFIXES = (".bin", ".pt", ".pth")
STORAGES = {"FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16"}


@dataclass(frozen=True)
class _Storage:
    """One file of the archive. `dtype` is None for types that no weight of the model has."""

    name: str
    dtype: str | None


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage; offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Inert:
    """Stands for every object that is not a tensor or plain data."""

    def __init__(self, *_args, **_kwargs):
        pass

    def __setstate__(self, _state):
        pass

    def __setitem__(self, _key, _value):
        pass

    def append(self, _item):
        """Take an item, as a pickled list does."""

    def extend(self, _items):
        """Take items, as a pickled list does."""


def _rebuild_tensor(storage: _Storage, offset: int, shape: tuple, strides: tuple, *_rest) -> _Tensor:
    whole = all(isinstance(number, int) and number >= 0 for number in (offset, *shape, *strides))
    if not isinstance(storage, _Storage) or not whole or len(shape) != len(strides):
        raise pickle.UnpicklingError("a tensor without a storage or with impossible strides")
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str):
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_rest: tensor
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch" and name.endswith("Storage"):
            return name
        return _Inert

    def persistent_load(self, pid):
        _kind, storage_class, name, *_rest = pid
        return _Storage(name, STORAGES.get(storage_class) if isinstance(storage_class, str) else None)


def torch_tensors(path: Path) -> dict[str, Stored]:
    """The tensors of a torch file by key."""
    try:
        with zipfile.ZipFile(path) as archive:
            root = next(name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl")
            with archive.open(root) as file:
                content = _Unpickler(file).load()
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except (zipfile.BadZipFile, StopIteration):
        raise ExportError(
            f"{path} is not a torch file of the zip kind, or it is cut off; fetch it again, or load it with torch and "
            "save it with torch.save"
        ) from None
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error}") from error
    except Exception as error:  # a broken pickle raises whatever its operations raise
        raise ExportError(f"{path}: what it holds cannot be made out: {error!r}") from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict):
        raise ExportError(f"{path} holds no dictionary of tensors")
    prefix = root.removesuffix("data.pkl")
    found = {}
    for key, tensor in state.items():
        if isinstance(tensor, _Tensor) and tensor.storage.dtype:
            entry = f"{prefix}data/{tensor.storage.name}"
            itemsize = np.dtype(DTYPES[tensor.storage.dtype]).itemsize
            if _span(tensor) * itemsize > sizes.get(entry, 0):
                raise ExportError(f"{path}: {key} reaches past the end of its storage; fetch the file again")
            found[str(key)] = Stored(tensor.shape, tensor.storage.dtype, partial(_read, path, entry, tensor))
    return found


def _span(tensor: _Tensor) -> int:
    """Elements of the storage up to the tensor's last one."""
    if math.prod(tensor.shape) == 0:
        return tensor.offset
    steps = zip(tensor.shape, tensor.strides, strict=True)
    return tensor.offset + 1 + sum((size - 1) * stride for size, stride in steps)


def _read(path: Path, entry: str, tensor: _Tensor) -> np.ndarray:
    dtype = np.dtype(DTYPES[tensor.storage.dtype])
    with zipfile.ZipFile(path) as archive:
        values = np.frombuffer(archive.read(entry), dtype)[tensor.offset :]
    return np.lib.stride_tricks.as_strided(values, tensor.shape, [step * dtype.itemsize for step in tensor.strides])
