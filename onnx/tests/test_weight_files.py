"""Weights in torch files: the ECG tower's own file, and a vision tower as it is published."""

import argparse
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from gem_export.errors import ExportError
from gem_export.manifest import About
from gem_export.package import export
from gem_export.torch_file import torch_tensors
from safetensors.torch import load_file, save_file

ABOUT = About(name="test", trained=False, source="random weights", licence="Apache-2.0")
ECG = "model.ecg_tower.ecg_tower."
VISION = "model.vision_tower.vision_tower."
Tensors = dict[str, torch.Tensor]


def take(checkpoint: Path, prefix: str) -> Tensors:
    """Remove the keys with `prefix` from the checkpoint."""
    path = checkpoint / "model.safetensors"
    tensors = load_file(path)
    save_file({key: value for key, value in tensors.items() if not key.startswith(prefix)}, path)
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def configure(checkpoint: Path, **values) -> None:
    path = checkpoint / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def graphs(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if ".onnx" in path.name}


def save_tower(path: Path, tower: Tensors, **others) -> None:
    state = {f"module.ecg.{key}": value for key, value in tower.items()}
    state["module.text.positional_embedding"] = torch.zeros(3)
    state["module.logit_scale"] = torch.tensor(2.5)
    torch.save({"epoch": 20, "name": "cpt_wfep", "state_dict": state, **others}, path)


@pytest.mark.parametrize("named", ["cpt_wfep_epoch_20.pt", "/where/it/was/trained/cpt_wfep_epoch_20.pt"])
def test_the_ecg_tower_is_read_from_its_own_file(checkpoint: Path, tmp_path: Path, named: str) -> None:
    export(checkpoint, tmp_path / "inside", ABOUT)
    tower = take(checkpoint, ECG)
    configure(checkpoint, mm_ecg_tower=named)
    # What a training leaves beside the weights must not disturb, nor be needed to be read.
    extra = {"optimizer": {"state": {0: {"step": torch.tensor(1.0)}}}, "args": argparse.Namespace(lr=1e-4)}
    tower["ln_post.weight"] = torch.ones(64)
    save_tower(checkpoint / "cpt_wfep_epoch_20.pt", tower, **extra)
    export(checkpoint, tmp_path / "outside", ABOUT)
    assert graphs(tmp_path / "outside") == graphs(tmp_path / "inside")


def test_the_checkpoint_s_own_ecg_weights_come_first(checkpoint: Path, tmp_path: Path) -> None:
    export(checkpoint, tmp_path / "inside", ABOUT)
    tower = take(checkpoint, f"{ECG}transformer.resblocks.0.ln_1.bias")
    path = checkpoint / "model.safetensors"
    whole = load_file(path)
    wrong = {key.removeprefix(ECG): torch.full_like(value, 7.0) for key, value in whole.items() if key.startswith(ECG)}
    save_tower(checkpoint / "ecg.pt", wrong | {"transformer.resblocks.0.ln_1.bias": tower[""]})
    configure(checkpoint, mm_ecg_tower="ecg.pt")
    export(checkpoint, tmp_path / "mixed", ABOUT)
    assert graphs(tmp_path / "mixed") == graphs(tmp_path / "inside")


def message(checkpoint: Path, tmp_path: Path) -> str:
    with pytest.raises(ExportError) as error:
        export(checkpoint, tmp_path / "package", ABOUT)
    return str(error.value)


def test_a_missing_ecg_file_says_which_and_where(checkpoint: Path, tmp_path: Path) -> None:
    tower = take(checkpoint, ECG)
    assert "mm_ecg_tower is not named" in message(checkpoint, tmp_path)
    configure(checkpoint, mm_ecg_tower="/nowhere/ecg.pt")
    text = message(checkpoint, tmp_path)
    assert f"{ECG}conv1.weight: missing, expected shape [64, 12, 50]" in text
    assert f"is neither /nowhere/ecg.pt nor {checkpoint / 'ecg.pt'}" in text
    assert "cpt_wfep_epoch_20.pt" in text
    torch.save({"state_dict": tower}, checkpoint / "ecg.pt")
    assert "no key begins with module.ecg." in message(checkpoint, tmp_path)
    tower["conv1.weight"] = torch.zeros(64, 8, 50)
    save_tower(checkpoint / "ecg.pt", tower)
    assert f"{ECG}conv1.weight: found shape [64, 8, 50], expected [64, 12, 50]" in message(checkpoint, tmp_path)


def test_a_published_vision_tower_may_be_a_torch_file(checkpoint: Path, tmp_path: Path) -> None:
    export(checkpoint, tmp_path / "inside", ABOUT)
    tower = take(checkpoint, VISION)
    configure(checkpoint, unfreeze_mm_vision_tower=False)
    tower["vision_model.embeddings.position_ids"] = torch.arange(577)[None]
    torch.save(tower, checkpoint / "vision_tower" / "pytorch_model.bin")
    export(checkpoint, tmp_path / "outside", ABOUT)
    assert graphs(tmp_path / "outside") == graphs(tmp_path / "inside")


def test_views_and_types_are_read_as_torch_reads_them(tmp_path: Path) -> None:
    table = torch.arange(24.0).reshape(4, 6)
    state = {
        "transposed": table.t(),
        "part": table[1:3, 2:5],
        "half": table.half(),
        "bfloat16": (table / 7).bfloat16(),
        "parameter": torch.nn.Parameter(table),
        "scalar": torch.tensor(3.0),
        "expanded": torch.ones(1).expand(3, 2),
    }
    torch.save(state, tmp_path / "file.pt")
    found = torch_tensors(tmp_path / "file.pt")
    assert found.keys() == state.keys()
    for key, value in state.items():
        assert np.array_equal(found[key].read().astype(np.float32), value.detach().float().numpy()), key


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda data: data[: len(data) // 2], "cut off"),
        (lambda data: b"not a zip file", "cut off"),
        (lambda data: b"", "cut off"),
    ],
)
def test_a_broken_torch_file_is_an_error(tmp_path: Path, spoil: Callable[[bytes], bytes], expected: str) -> None:
    path = tmp_path / "file.pt"
    torch.save({"a": torch.ones(8)}, path)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ExportError, match=expected):
        torch_tensors(path)


class Harm:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code in the file was run')",))


def test_nothing_in_a_torch_file_is_run(tmp_path: Path) -> None:
    path = tmp_path / "file.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"a": Harm()}, protocol=2))
    assert torch_tensors(path) == {}


def test_a_storage_that_is_too_short_is_an_error(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(8)}, tmp_path / "whole.pt")
    with (
        zipfile.ZipFile(tmp_path / "whole.pt") as whole,
        zipfile.ZipFile(tmp_path / "short.pt", "w") as short,
    ):
        for name in whole.namelist():
            data = whole.read(name)
            short.writestr(name, data[:-4] if "/data/" in name else data)
    with pytest.raises(ExportError, match="a reaches past the end of its storage"):
        torch_tensors(tmp_path / "short.pt")
