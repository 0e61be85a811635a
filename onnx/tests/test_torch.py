"""Packages of checkpoints that are made here, with sizes of their own, against PyTorch."""

import json
from dataclasses import replace
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import pytest
import torch
from gem_export import ecg_encoder, image_encoder
from gem_export.checkpoint import Shapes
from gem_export.config import load_config
from gem_export.errors import ExportError
from gem_export.manifest import About
from gem_export.package import UNUSED, export
from gem_export.precision import DEVICES, NAMES, PRECISIONS, find_precision
from gem_untrained.sizes import FULL, TINY
from gem_untrained.weights import shapes
from gem_verify.against_torch import run_torch_checks
from make_untrained import make_checkpoint
from onnx import TensorProto
from safetensors.torch import load_file, save_file

ABOUT = About(name="test", trained=False, source="random weights", licence="none")

# Nothing is as in the checkpoint that ships: other widths, fewer key-value heads, another epsilon, bfloat16 in shards.
OTHER = replace(
    TINY,
    config=TINY.config
    | {
        "hidden_size": 96,
        "intermediate_size": 160,
        "num_hidden_layers": 3,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-6,
        "rope_theta": 5000.0,
        "mm_hidden_size": 48,
        "mm_projector_type": "mlp3x_gelu",
        "ecg_projector_type": "mlp2x_gelu",
        "mm_vision_select_layer": -1,
        "mm_vision_select_feature": "cls_patch",
    },
    ecg_tower={"ecg_cfg": TINY.ecg_tower["ecg_cfg"] | {"layers": 1, "width": 128, "mlp_ratio": 2.0}},
    vision_tower=TINY.vision_tower
    | {
        "hidden_size": 48,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "layer_norm_eps": 1e-6,
    },
    dtype=np.dtype(ml_dtypes.bfloat16),
    shard_bytes=200_000,
)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with the sizes `OTHER`."""
    directory = tmp_path_factory.mktemp("other")
    make_checkpoint(directory, OTHER, seed=1)
    assert len(list(directory.glob("model-*.safetensors"))) > 3
    return directory


def check(package: Path, checkpoint: Path) -> None:
    results = list(run_torch_checks(package, checkpoint))
    assert len(results) == 9
    assert [result for result in results if not result.passed] == []


def test_sharded_bfloat16_of_other_sizes_agrees(other: Path, tmp_path: Path) -> None:
    export(other, tmp_path / "package", ABOUT)
    check(tmp_path / "package", other)


def test_towers_in_files_of_their_own_agree(checkpoint: Path, tmp_path: Path) -> None:
    path = checkpoint / "model.safetensors"
    tensors = load_file(path)
    ecg, vision = "model.ecg_tower.ecg_tower.", "model.vision_tower.vision_tower."
    state = {f"module.ecg.{key.removeprefix(ecg)}": value for key, value in tensors.items() if key.startswith(ecg)}
    torch.save({"state_dict": state}, checkpoint / "ecg.pt")
    # The tower in the checkpoint is another one, and must not be looked at.
    tower = {key.removeprefix(vision): value / 2 for key, value in tensors.items() if key.startswith(vision)}
    save_file(tower, checkpoint / "vision_tower" / "model.safetensors")
    save_file({key: value for key, value in tensors.items() if not key.startswith(ecg)}, path)
    config = json.loads((checkpoint / "config.json").read_text())
    config |= {"mm_ecg_tower": "ecg.pt", "unfreeze_mm_vision_tower": False}
    (checkpoint / "config.json").write_text(json.dumps(config))
    export(checkpoint, tmp_path / "package", ABOUT)
    check(tmp_path / "package", checkpoint)


def test_a_wrong_epsilon_shows(other: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    make_checkpoint(checkpoint, OTHER, seed=1)
    export(checkpoint, tmp_path / "package", ABOUT)
    config = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 1e-5}))
    failed = {result.name for result in run_torch_checks(tmp_path / "package", checkpoint) if not result.passed}
    assert "decoder logits after the prompt" in failed


@pytest.mark.parametrize(("name", "device"), PRECISIONS)
def test_every_precision_agrees_as_far_as_it_can(other: Path, tmp_path: Path, name: str, device: str) -> None:
    export(other, tmp_path / "package", ABOUT, find_precision(name, device))
    check(tmp_path / "package", other)
    manifest = json.loads((tmp_path / "package" / "manifest.json").read_text())
    cache_type = {"fp32": "f32", "fp16": "f16", "bf16": "bf16"}.get(name, {"cpu": "f32", "gpu": "f16"}[device])
    assert (manifest["precision"], manifest["decoder"]["cache_type"]) == (name, cache_type)
    decoder = manifest["graphs"]["decoder"]
    assert decoder["inputs"] == {
        "inputs_embeds": "f32 [batch, seq, 96]",
        "seqlens_k": "i32 [batch]",
        "total_sequence_length": "i32 [1]",
        "logits_index": "i64 [batch, 1]",
        "past_key_values.{layer}.key": f"{cache_type} [batch, 2, past, 16]",
        "past_key_values.{layer}.value": f"{cache_type} [batch, 2, past, 16]",
    }
    assert decoder["outputs"]["logits"] == "f32 [batch, 512]"
    # The encoders take and give float32 whatever they compute in.
    assert {edge.split()[0] for edge in manifest["graphs"]["image_encoder"]["outputs"].values()} == {"f32"}


@pytest.mark.parametrize("name", NAMES)
def test_weights_have_the_type_of_the_precision(other: Path, tmp_path: Path, name: str) -> None:
    export(other, tmp_path / "package", ABOUT, find_precision(name))
    decoder = onnx.load(tmp_path / "package" / "decoder.onnx", load_external_data=False).graph
    types = {tensor.name: tensor.data_type for tensor in decoder.initializer}
    if name in ("int8", "int4"):
        bits = {
            node.name: next(attribute.i for attribute in node.attribute if attribute.name == "bits")
            for node in decoder.node
            if node.op_type == "MatMulNBits"
        }
        assert len(bits) == 5 * 3 + 1 and not any(node.op_type == "MatMul" for node in decoder.node)
        assert bits.pop("logits") == 8
        assert set(bits.values()) == {int(name[3:])}
    else:
        expected = {"fp32": TensorProto.FLOAT, "fp16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}[name]
        assert set(types.values()) == {expected}


def test_an_unknown_combination_names_the_known_ones() -> None:
    assert DEVICES == ("cpu", "gpu")
    with pytest.raises(ExportError, match="no precision bf16 on cpu; there are fp32 on cpu"):
        find_precision("bf16", "cpu")


def test_weights_that_float16_cannot_hold_are_an_error(checkpoint: Path, tmp_path: Path) -> None:
    path = checkpoint / "model.safetensors"
    tensors = load_file(path)
    tensors["model.norm.weight"] = torch.full((64,), 1e5)
    save_file(tensors, path)
    with pytest.raises(ExportError, match="decoder: model.norm.weight has numbers that float16 cannot hold"):
        export(checkpoint, tmp_path / "package", ABOUT, find_precision("fp16"))


def test_the_keys_of_the_full_size_are_those_of_the_reference(parity: Path, tmp_path: Path) -> None:
    for name, value in (
        ("config", FULL.config),
        ("ecg_tower", FULL.ecg_tower),
        ("vision_tower/config", FULL.vision_tower),
    ):
        (tmp_path / f"{name}.json").parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    config = load_config(tmp_path)
    reference: Shapes = {
        key: tuple(shape)
        for key, shape in json.loads((parity / "expected_real_7b_keys.json").read_text())["keys"].items()
    }
    asked_for = shapes(config)
    assert asked_for.items() <= reference.items()
    assert {
        f"{ecg_encoder.PREFIX}conv1.weight",
        f"{image_encoder.CHECKPOINT_PREFIX}pre_layrnorm.bias",
    } <= asked_for.keys()
    unused = image_encoder.unused_keys(config)
    rest = {
        key for key in reference.keys() - asked_for.keys() if not UNUSED.fullmatch(key) and not unused.fullmatch(key)
    }
    assert rest == {"model.image_newline"}
