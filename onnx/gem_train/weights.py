"""The small weights files between the stages.

In: a module or a state, and what is to be known about it.
Out: one safetensors file with float16 tensors under the names of GEM's checkpoint (heads of training under `heads.`),
and the stage, its seed and its figures as JSON in the file's metadata; and back.
"""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

ABOUT = "gem_train"


def save_stage(path: Path, tensors: dict[str, Tensor], about: dict) -> None:
    """Write the file; the earlier one is replaced only when the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = {key: value.detach().to("cpu", torch.float16).contiguous() for key, value in tensors.items()}
    wrong = [key for key, value in half.items() if not torch.isfinite(value).all()]
    if wrong:
        raise ValueError(f"{path}: {', '.join(wrong[:5])} hold numbers that float16 cannot; the stage has diverged")
    partial = path.with_name(f"{path.name}.partial")
    save_file(half, partial, metadata={ABOUT: json.dumps(about, sort_keys=True)})
    partial.rename(path)


def load_stage(path: Path) -> tuple[dict[str, Tensor], dict]:
    """The tensors as float32, and what is known about them."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: it is the weights file of an earlier stage")
    with safe_open(path, framework="pt") as file:
        about = (file.metadata() or {}).get(ABOUT)
        if about is None:
            raise ValueError(f"{path} is no weights file of a stage: its metadata lack {ABOUT!r}")
        return {key: file.get_tensor(key).float() for key in file.keys()}, json.loads(about)


def load_part(module: nn.Module, tensors: dict[str, Tensor], prefix: str, path: Path) -> None:
    """Give a module the tensors under a prefix, all that it has. `path` is where they come from, for the message."""
    found = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    wanted = {key: value.shape for key, value in module.state_dict().items()}
    keys = sorted(wanted.keys() | found.keys())
    wrong = [key for key in keys if key not in found or found[key].shape != wanted.get(key)]
    if wrong:
        raise ValueError(f"{path} does not fit: {', '.join(prefix + key for key in wrong[:5])}")
    module.load_state_dict(found)
